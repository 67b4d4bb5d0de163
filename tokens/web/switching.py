"""Disabling, enabling and deleting a service account: each says first what it does."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.errors import DomainError
from accounts.models import ServiceAccount
from accounts.services.service_accounts import delete_service_account, disable_service_account
from accounts.web.doors import MemberRequest, member_page
from accounts.web.onward import see_other
from tokens.services.enable import enable_service_account
from tokens.status import Status
from tokens.web.forms import ConfirmForm
from tokens.web.found import account_line, find_account, is_in_use, token_lines, tokens_of

SHOWN = 10
"""Tokens that the page names; there may be more."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done with an account: by which service, and what is said when it is done."""

    name: str
    service: Callable[[Actor, ServiceAccount], object]
    done: Promise


DISABLE = Act("disable", disable_service_account, gettext_lazy("%(name)s is disabled."))
ENABLE = Act("enable", enable_service_account, gettext_lazy("%(name)s is enabled."))
DELETE = Act("delete", delete_service_account, gettext_lazy("%(name)s is deleted."))


@member_page(needs="write:tokens", loses=True)
def disable(request: MemberRequest, account: str) -> HttpResponse:
    """Switch an account's tokens off."""
    return _confirm(request, account, DISABLE)


@member_page(needs="write:tokens")
def enable(request: MemberRequest, account: str) -> HttpResponse:
    """Switch an account's tokens on again."""
    return _confirm(request, account, ENABLE)


@member_page(needs="write:tokens", loses=True)
def delete(request: MemberRequest, account: str) -> HttpResponse:
    """Delete an account; where its tokens are in use, its slug is to be typed."""
    return _confirm(request, account, DELETE)


def _confirm(request: MemberRequest, slug: str, act: Act) -> HttpResponse:
    """Say what the act does and to which tokens, and do it once it is confirmed."""
    account, now = find_account(request.actor, slug), timezone.now()
    line = account_line(account, now)
    is_typed = act is DELETE and is_in_use(line.tally, now)
    form = ConfirmForm(request, account.slug if is_typed else None)
    if form.is_valid():
        try:
            act.service(request.actor, account)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, str(act.done) % {"name": account.name})
            return _onward(request, account, act)
    live = Status.DISABLED if account.is_disabled else Status.ACTIVE
    rows = tokens_of(request.actor, account).with_status(live, now, account)
    named = list(rows.order_by("-created_at", "-pk")[: SHOWN + 1])
    context = {
        "act": act.name,
        "account": account,
        "form": form,
        "line": line,
        "lines": token_lines(request.actor, named[:SHOWN], now),
        "has_more": len(named) > SHOWN,
    }
    return render(request, "tokens/switch_service_account.html", context, status=form.status)


def _onward(request: MemberRequest, account: ServiceAccount, act: Act) -> HttpResponse:
    if act is DELETE:
        return see_other("tokens:service-accounts", request.organization.slug)
    return see_other("tokens:service-account", request.organization.slug, account.slug)
