"""One token: its page, its making, and its changing."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import DomainError
from accounts.models import ServiceAccount
from accounts.scopes import missing
from accounts.unset import UNSET
from accounts.web.doors import MemberRequest, member_page
from accounts.web.onward import see_other
from tokens.models import Token
from tokens.services.change import change_token
from tokens.services.issue import NewToken
from tokens.services.stash import issue_to_page
from tokens.web.asked import ask_again
from tokens.web.expiry import NoDate, expiry
from tokens.web.forms import CHOOSE, FOLLOW, TokenForm
from tokens.web.found import find_account, find_token, may_write, token_lines
from tokens.web.picker import in_words, picker


@member_page(needs="read:tokens")
def token(request: MemberRequest, account: str, token: str) -> HttpResponse:
    """Show one token; never its secret."""
    home = find_account(request.actor, account)
    found, now = find_token(request.actor, home, token), timezone.now()
    stashed = getattr(found, "stashed_secret", None)
    context = {
        "account": home,
        "line": token_lines(request.actor, [found], now)[0],
        "stashed": stashed,
        "is_waiting": stashed is not None and bool(stashed.sealed) and stashed.expires_at > now,
        "sentences": in_words(found.effective_scopes),
        "may_write": may_write(request.actor),
    }
    return render(request, "tokens/token.html", context)


@member_page(needs="write:tokens")
def new_token(request: MemberRequest, account: str) -> HttpResponse:
    """Create a token; the browser goes on to the page that shows its secret."""
    home = find_account(request.actor, account)
    ask_again(request)
    mode = CHOOSE if missing(request.actor.scopes, home.scopes) or not home.scopes else FOLLOW
    form = TokenForm(request, initial={"mode": mode})
    if request.method == "POST" and form.is_valid():
        try:
            made = issue_to_page(
                request.actor,
                home,
                NewToken(
                    name=form.cleaned_data["name"],
                    slug=form.text("slug"),
                    description=form.text("description"),
                    scopes=form.named_scopes(),
                    expires_at=form.end(),
                ),
                str(request.session.session_key),
                form.promise(),
            )
        except NoDate:
            pass
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            names = (request.organization.slug, home.slug, made.slug)
            return see_other("tokens:secret", *names)
    return _form_page(request, form, home, None)


@member_page(needs="write:tokens", loses=True)
def edit_token(request: MemberRequest, account: str, token: str) -> HttpResponse:
    """Change a token's name, description, scopes and end."""
    home = find_account(request.actor, account)
    found = find_token(request.actor, home, token)
    ask_again(request)
    initial = {
        "name": found.name,
        "description": found.description,
        "mode": FOLLOW if found.inherits_scopes else CHOOSE,
        "scopes": found.scopes or [],
    }
    form = TokenForm(request, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_token(request.actor, found, **_changes(form, found))
        except NoDate:
            pass
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(name)s is changed.") % {"name": changed.name})
            names = (request.organization.slug, home.slug, changed.slug)
            return see_other("tokens:token", *names)
    return _form_page(request, form, home, found)


def _changes(form: TokenForm, token: Token) -> dict[str, Any]:
    """Return what the form gives the service; scopes that are not touched are left out."""
    scopes = form.named_scopes()
    is_same = (scopes is None) == (token.scopes is None) and set(scopes or ()) == set(
        token.scopes or ()
    )
    return {
        "name": form.cleaned_data["name"],
        "description": form.text("description"),
        "scopes": UNSET if is_same else scopes,
        "expires_at": form.end(token.created_at),
    }


def _form_page(
    request: MemberRequest, form: TokenForm, account: ServiceAccount, token: Token | None
) -> HttpResponse:
    context = {
        "form": form,
        "account": account,
        "token": token,
        "picker": picker(request.actor, form.chosen, token.effective_scopes if token else ()),
        "expiry": expiry(
            form["expires"].value(),
            born_at=token.created_at if token else None,
            keeps=token is not None,
        ),
        "follows": in_words(account.scopes),
        "not_held": missing(request.actor.scopes, account.scopes),
    }
    return render(request, "tokens/token_form.html", context, status=form.status)
