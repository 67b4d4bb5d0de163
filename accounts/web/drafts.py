"""What somebody had typed when their session ended: it survives the new sign-in.

The form comes back sealed in a hidden field of the page that says so: bound to the person, for
15 minutes, without passwords and secrets. They sign in beside it, by whatever way they have, and
go on: the form is filled in again, and never sent by itself.
"""

import json
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.seals import seal, unseal
from accounts.web.onward import see_other

LIFETIME = timedelta(minutes=15)
OWNER_FIELD = "draft_owner"
"""Who a form was made for, sealed: a hidden field of every form (``owner_mark``)."""
DRAFT_FIELD = "draft"

_OWNER, _DRAFT = "draft owners", "drafts"
_WAITING = "draft"
"""The session's place for a draft between the new sign-in and the form."""
_LEFT_OUT = ("csrfmiddlewaretoken", OWNER_FIELD, "secret")


def owner_mark(user_id: object) -> str:
    """Return the sealed mark of the person for whom a form is made."""
    return seal(_OWNER, str(user_id).encode())


def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Send somebody without a session to the sign-in page, with what they had typed."""
    if request.method != "POST":
        return redirect(_sign_in(request.get_full_path()))
    return _ended(request, request.get_full_path(), _draft_of(request))


@csrf_exempt  # its page's token is of the session that has ended, and it only shows what was typed
@require_POST
def go_on(request: HttpRequest) -> HttpResponse:
    """Lead somebody who has signed in again to their form, which shows what they had typed."""
    draft = request.POST.get(DRAFT_FIELD, "")
    found = _opened(draft)
    if found is None:
        messages.warning(request, _("What you typed is no longer kept."))
        return see_other("accounts:home")
    owner, path = found[:2]
    if not request.user.is_authenticated:
        return _ended(request, path, draft)
    if owner == str(request.user.pk):
        request.session[_WAITING] = draft
    return see_other(path)


def keep_draft(request: HttpRequest) -> None:
    """Keep what somebody has typed while they prove themselves again; their form shows it then."""
    draft = _draft_of(request) if request.method == "POST" else None
    if draft is not None:
        request.session[_WAITING] = draft


def taken_draft(request: HttpRequest) -> QueryDict | None:
    """Return what the signed-in person had typed at this address, once; None for nothing."""
    if request.method != "GET" or _WAITING not in request.session:
        return None
    owner, path, fields = _opened(request.session[_WAITING]) or ("", "", "")
    is_here = path == request.get_full_path()
    if is_here or not path:
        del request.session[_WAITING]
    is_theirs = owner == str(request.user.pk) and is_here
    return QueryDict(fields) if is_theirs else None


def _sign_in(way_on: str) -> str:
    return f"{reverse('accounts:sign-in')}?{urlencode({'next': way_on})}"


def _ended(request: HttpRequest, path: str, draft: str | None) -> HttpResponse:
    """Say that the session has ended, and hand back what was typed, sealed."""
    facts = {"sign_in": _sign_in(path), "draft": draft}
    response = render(request, "accounts/session_ended.html", facts, status=401)
    response["WWW-Authenticate"] = 'Session realm="wardkey"'
    return response


def _opened(draft: str) -> tuple[str, str, str] | None:
    """Return a draft's owner (the person's id), address and form; None when it is too old."""
    content = unseal(_DRAFT, draft, lifetime=LIFETIME)
    if content is None:
        return None
    owner, path, fields = json.loads(content)
    return owner, path, fields


def _draft_of(request: HttpRequest) -> str | None:
    """Return the sealed form; None where nobody can be said to own it."""
    owner = unseal(_OWNER, request.POST.get(OWNER_FIELD, ""))
    if owner is None:
        return None
    fields = request.POST.copy()
    for name in list(fields):
        if name in _LEFT_OUT or "password" in name:
            del fields[name]
    kept = [owner.decode(), request.get_full_path(), fields.urlencode()]
    return seal(_DRAFT, json.dumps(kept).encode())
