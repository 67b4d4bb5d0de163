"""Looking up whose a secret is, for support staff to whom somebody has sent one.

The owners of its organization read in the audit log that it was done. The secret itself is
forgotten with the request: what is asked of the database is its digest.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.actor import Actor
from accounts.events import emit
from accounts.keys import key_ring
from accounts.models import User
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.staff import require_may
from accounts.services.throttle import Limit, count_try
from accounts.staff import Act
from tokens.models import Token
from tokens.secret import TokenSecret, looks_like_secret

LOOK_UPS = Limit("secrets looked up", 100, timedelta(hours=1))
"""More than any call to support needs, and far from what trying out secrets would."""


class Check(StrEnum):
    """The check that a text fails of which no token can be told; the first that fails counts."""

    JWT = "jwt"
    REFRESH_TOKEN = "refresh token"  # noqa: S105 - a kind, not one of them
    INVITATION = "invitation"
    FORM = "form"
    SEVERAL = "several"
    LENGTH = "length"
    CHECKSUM = "checksum"
    UNKNOWN = "unknown"


_OTHERS = {
    Check.JWT: re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]+"),
    Check.REFRESH_TOKEN: re.compile(r"\bwdr_[\w-]+"),
    Check.INVITATION: re.compile(r"\bwdi_[\w-]+"),
}


def look_up_secret(user: User, text: str, actor_in: Callable[[UUID], Actor]) -> Token | Check:
    """Return the token whose secret stands in ``text``, or the check that it fails.

    Around the secret may stand whatever came with it: white space, quotes, ``Bearer``, the
    line of a file. With the token comes ``last_used_at``. Its status is not asked for: a
    revoked token is found too.

    Args:
        actor_in: who acts in an organization, by its id: it is known when the token is.

    Raises:
        NotAllowed: their role may not.
        Throttled: they have looked up as many as anybody may in an hour; counted apart, so
            that a try counts whatever becomes of it.
    """
    require_may(user, Act.LOOK_UP)
    count_try(LOOK_UPS, str(user.pk))
    secret = _read(text)
    if isinstance(secret, Check):
        return secret
    digests = [secret.digest(key) for key in key_ring()]
    token = Token.objects.for_staff().filter(digest__in=digests).first()
    if token is None:
        return Check.UNKNOWN
    note_look_up(actor_in(token.organization_id), token)
    return token


@repeated_on_deadlock
@transaction.atomic(durable=True)
def note_look_up(actor: Actor, token: Token) -> None:
    """Write down that somebody has looked up whose a token's secret is.

    Raises:
        MissingScope: the actor may not read tokens.
        NoIdentity: the actor's credential is not good any more.
    """
    actor.require("read:tokens", on=token)
    emit(actor.held_with("read:tokens"), "token.looked_up", token)


def _read(text: str) -> TokenSecret | Check:
    """Return the one secret that stands in ``text``, or what is the matter."""
    names = "|".join(map(re.escape, settings.WARDKEY_TOKEN_PREFIXES))
    like_ours = set(re.findall(rf"(?<![0-9A-Za-z])(?:{names})_[0-9A-Za-z]+", text))
    right = [secret for secret in map(TokenSecret.parse, like_ours) if secret is not None]
    if len(right) == 1:
        return right[0]
    if right:
        return Check.SEVERAL
    if like_ours:
        return Check.CHECKSUM if any(map(looks_like_secret, like_ours)) else Check.LENGTH
    others = (check for check, form in _OTHERS.items() if form.search(text))
    return next(others, Check.FORM)
