"""The organization itself: its facts, its name, and how its people sign in."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import DomainError, Fault, invalid
from accounts.issuers.trust import trusted_issuers
from accounts.models import Membership
from accounts.scopes import missing
from accounts.services.organization_settings import rename_organization, require_second_factors
from accounts.services.second_factors import count_without_second_factor, has_second_factor
from accounts.web.doors import MemberRequest, member_page
from accounts.web.forms import ConsoleForm
from accounts.web.onward import see_other

CHANGE = "write:organizations"


class NameForm(ConsoleForm):
    """The organization's name."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "organization"}),
    )


@dataclass(frozen=True, slots=True)
class IssuerInUse:
    """An issuer that may speak for the organization, or did, and how many members it vouches for.

    ``is_trusted``: whether what it says still counts.
    """

    issuer: str
    people: int
    is_trusted: bool


@member_page(needs="read:organizations")
def organization(request: MemberRequest) -> HttpResponse:
    """Show what the organization is, and rename it."""
    form = NameForm(request, initial={"name": request.organization.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_organization(request.actor, request.organization, name=form.cleaned_data["name"])
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The organization has its new name."))
            return see_other("accounts:organization", request.organization.slug)
    facts = {
        "form": form,
        "can_change": not missing(request.actor.scopes, [CHANGE]),
        "issuers": _issuers(request),
    }
    return render(request, "accounts/organization.html", facts, status=form.status)


@member_page(needs=CHANGE)
def second_factor_rule(request: MemberRequest) -> HttpResponse:
    """Say whom it concerns, and demand second factors of everybody, or stop demanding them."""
    form = ConsoleForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            required = _demanded(request)
            require_second_factors(request.actor, request.organization, required=required)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            done = _("Every sign-in needs a second factor now.")
            stopped = _("A password alone signs people in again.")
            messages.success(request, done if required else stopped)
            return see_other("accounts:organization", request.organization.slug)
    facts: dict[str, Any] = {
        "form": form,
        "without": count_without_second_factor(request.organization),
        "has_own": has_second_factor(request.user) or request.user.comes_from_outside,
    }
    return render(request, "accounts/second_factor_rule.html", facts, status=form.status)


def _demanded(request: MemberRequest) -> bool:
    """Return what the button said, not the opposite of what is: two at once may press it.

    Raises:
        InvalidRequest: no button of ours was pressed.
    """
    said = {"yes": True, "no": False}.get(request.POST.get("required", ""))
    if said is None:
        raise invalid([Fault(location="body.required", message="must be one of: yes, no")])
    return said


def _issuers(request: MemberRequest) -> list[IssuerInUse]:
    found = request.organization
    trusted = [one.issuer for one in trusted_issuers().values() if one.speaks_for(found.id)]
    rows = Membership.objects.for_actor(request.actor).exclude(user__identities=None)
    by_issuer = rows.values_list("user__identities__issuer")
    people = dict(by_issuer.annotate(Count("pk")).order_by())
    return [
        IssuerInUse(issuer, people.get(issuer, 0), issuer in trusted)
        for issuer in sorted({*trusted, *people})
    ]
