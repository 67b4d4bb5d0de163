"""Revoking: a page that says what will stop working, for one token or for several."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.errors import DomainError
from accounts.models import ServiceAccount
from accounts.slugs import is_slug
from accounts.web.doors import MemberRequest, member_page
from accounts.web.onward import see_other
from tokens.errors import NoSuchToken
from tokens.models import Token
from tokens.services.revoke import revoke_token, revoke_tokens
from tokens.web.forms import ConfirmForm
from tokens.web.found import TokenLine, find_account, find_token, token_lines, tokens_of

MOST = 100
"""Tokens that can be revoked at once; a page of the list has fewer."""


@member_page(needs="write:tokens", loses=True)
def revoke_one(request: MemberRequest, account: str, token: str) -> HttpResponse:
    """Revoke a token; where it is in use, its slug is to be typed.

    One that is revoked already, by a second press of the button or by somebody else, is told of
    as that.
    """
    home = find_account(request.actor, account)
    found = find_token(request.actor, home, token)
    line = token_lines(request.actor, [found], timezone.now())[0]
    is_live = found.revoked_at is None
    form = ConfirmForm(request, found.slug if line.is_in_use and is_live else None)
    if is_live and form.is_valid():
        try:
            revoke_token(request.actor, found)
        except NoSuchToken:
            return see_other("tokens:revoke-token", request.organization.slug, home.slug, token)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            said = _("%(name)s is revoked: nothing accepts it any more.")
            messages.success(request, said % {"name": found.name})
            return see_other("tokens:service-account", request.organization.slug, home.slug)
    context = {"account": home, "form": form, "line": line}
    return render(request, "tokens/revoke_token.html", context, status=form.status)


@member_page(needs="write:tokens", loses=True)
def revoke_several(request: MemberRequest, account: str) -> HttpResponse:
    """Revoke the tokens that the address names.

    Where one of them is in use, the account's slug is to be typed.
    """
    home = find_account(request.actor, account)
    lines = [
        line
        for line in token_lines(request.actor, _named(request, home), timezone.now())
        if line.token.revoked_at is None
    ]
    is_typed = any(line.is_in_use for line in lines)
    form = ConfirmForm(request, home.slug if is_typed else None)
    if lines and form.is_valid():
        return _revoke(request, home, lines)
    context = {"account": home, "form": form, "lines": lines}
    return render(request, "tokens/revoke_tokens.html", context, status=form.status)


def _named(request: MemberRequest, account: ServiceAccount) -> Sequence[Token]:
    """Return the tokens that the address names, as far as there are such."""
    slugs = [slug for slug in request.GET.getlist("token")[:MOST] if is_slug(slug)]
    rows = tokens_of(request.actor, account).filter(slug__in=slugs)
    return list(rows.order_by("-created_at", "-pk"))


def _revoke(
    request: MemberRequest, account: ServiceAccount, lines: Sequence[TokenLine]
) -> HttpResponse:
    number = revoke_tokens(request.actor, [line.token for line in lines])
    said = ngettext(
        "%(n)s token is revoked: nothing accepts it any more.",
        "%(n)s tokens are revoked: nothing accepts them any more.",
        number,
    )
    messages.success(request, said % {"n": number})
    return see_other("tokens:service-account", request.organization.slug, account.slug)
