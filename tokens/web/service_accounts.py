"""Service accounts: the list, one of them with its tokens, and the forms that write them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import DomainError
from accounts.models import Membership, ServiceAccount
from accounts.pages import read_page
from accounts.services.service_accounts import change_service_account, create_service_account
from accounts.unset import UNSET
from accounts.web.doors import MemberRequest, member_page
from accounts.web.onward import see_other
from tokens.status import Status
from tokens.web.asked import ask_again
from tokens.web.forms import AccountForm
from tokens.web.found import (
    COUNTED,
    account_line,
    account_lines,
    find_account,
    may_write,
    token_lines,
    tokens_of,
)
from tokens.web.listing import Listing
from tokens.web.picker import picker


@member_page(needs="read:tokens")
def service_accounts(request: MemberRequest) -> HttpResponse:
    """Show a page of the organization's service accounts."""
    listing = Listing(request, ("active", "disabled"))
    rows = ServiceAccount.objects.for_actor(request.actor)
    found = rows.matching(sought=listing.sought, status=listing.status)
    page = read_page(
        request.actor, rows.none() if listing.error else found, listing.order, listing.place
    )
    context = {
        "lines": account_lines(page.rows, timezone.now(), COUNTED),
        "listing": listing,
        "statuses": listing.statuses({"active": _("Active"), "disabled": _("Disabled")}),
        "next": listing.next(page.next_cursor),
        "may_write": may_write(request.actor),
    }
    return render(request, "tokens/service_accounts.html", context)


@member_page(needs="read:tokens")
def service_account(request: MemberRequest, account: str) -> HttpResponse:
    """Show one service account, and a page of its tokens."""
    found = find_account(request.actor, account)
    words = {
        Status.ACTIVE: _("Active"),
        Status.DISABLED: _("Switched off"),
        Status.EXPIRED: _("Expired"),
        Status.REVOKED: _("Revoked"),
    }
    # Of the tokens that have not ended, all are active or all are switched off.
    del words[Status.ACTIVE if found.is_disabled else Status.DISABLED]
    listing, now = Listing(request, tuple(words)), timezone.now()
    rows = tokens_of(request.actor, found).matching(
        now=now,
        sought=listing.sought,
        status=Status(listing.status) if listing.status else None,
        account=found,
    )
    page = read_page(
        request.actor, rows.none() if listing.error else rows, listing.order, listing.place
    )
    context = {
        "account": found,
        "line": account_line(found, now),
        "lines": token_lines(request.actor, page.rows, now),
        "listing": listing,
        "statuses": listing.statuses({str(status): told for status, told in words.items()}),
        "next": listing.next(page.next_cursor),
        "may_write": may_write(request.actor),
        "maker_has_left": bool(Membership.objects.who_left(request.actor, {found.created_by_id})),
    }
    return render(request, "tokens/service_account.html", context)


@member_page(needs="write:tokens")
def new_service_account(request: MemberRequest) -> HttpResponse:
    """Create a service account."""
    ask_again(request)
    form = AccountForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_service_account(
                request.actor,
                name=form.cleaned_data["name"],
                slug=form.text("slug"),
                description=form.text("description"),
                external_id=form.text("external_id"),
                scopes=form.chosen,
                once=form.promise(),
            )
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(name)s is created.") % {"name": made.name})
            return see_other("tokens:service-account", request.organization.slug, made.slug)
    return _form_page(request, form, None)


@member_page(needs="write:tokens", loses=True)
def edit_service_account(request: MemberRequest, account: str) -> HttpResponse:
    """Change a service account."""
    found = find_account(request.actor, account)
    ask_again(request)
    members = ("name", "description", "external_id", "scopes")
    form = AccountForm(request, initial={name: getattr(found, name) for name in members})
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_service_account(request.actor, found, **_changes(form, found))
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(name)s is changed.") % {"name": changed.name})
            return see_other("tokens:service-account", request.organization.slug, changed.slug)
    return _form_page(request, form, found)


def _changes(form: AccountForm, account: ServiceAccount) -> dict[str, Any]:
    """Return what the form gives the service.

    Scopes that are not touched are left out: among them may be some that the catalogue does
    not have any more, which could not be given anew.
    """
    is_same = set(form.chosen) == set(account.scopes)
    return {
        "name": form.cleaned_data["name"],
        "description": form.text("description"),
        "external_id": form.text("external_id"),
        "scopes": UNSET if is_same else form.chosen,
    }


def _form_page(
    request: MemberRequest, form: AccountForm, account: ServiceAccount | None
) -> HttpResponse:
    granted = account.scopes if account else []
    context = {
        "form": form,
        "account": account,
        "picker": picker(request.actor, form.chosen, granted),
    }
    return render(request, "tokens/service_account_form.html", context, status=form.status)
