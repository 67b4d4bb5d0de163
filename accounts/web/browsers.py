"""Browsers that are known: whoever guesses a password elsewhere does not lock them out.

A sealed cookie names the person who has signed in there before, the moment of the password that
they had, and a chance number of its own. It proves nothing but that: a password is asked for all
the same, and its tries are limited for this browser by itself (``accounts/services/proof.py``).
"""

import json
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.seals import seal, unseal
from accounts.services.proof import KnownBrowser

LIFETIME = timedelta(days=180)

_LABEL = "browsers"


def cookie_name() -> str:
    """Return the cookie's name: over https one that no other host can have set."""
    return "__Host-wardkey_browser" if settings.SESSION_COOKIE_SECURE else "wardkey_browser"


def known_browser(request: HttpRequest) -> KnownBrowser | None:
    """Return what the browser has shown of an earlier sign-in, None for nothing that we made."""
    content = unseal(_LABEL, request.COOKIES.get(cookie_name(), ""), lifetime=LIFETIME)
    if content is None:
        return None
    user_id, chance, changed_at = json.loads(content)
    return KnownBrowser(chance, UUID(user_id), datetime.fromisoformat(changed_at))


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Have the browser known as one in which ``user`` was proved; it keeps its number."""
    known = known_browser(request)
    is_theirs = known is not None and known.user_id == user.pk
    chance = known.id if known is not None and is_theirs else secrets.token_urlsafe(16)
    content = json.dumps([str(user.pk), chance, user.password_changed_at.isoformat()])
    response.set_cookie(
        cookie_name(),
        seal(_LABEL, content.encode()),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
