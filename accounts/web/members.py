"""Members: who belongs to the organization, with which role, and how they leave it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.errors import DomainError
from accounts.models import Membership
from accounts.pages import Order, Place, read_page
from accounts.roles import Role
from accounts.scopes import missing
from accounts.services.change_role import change_role
from accounts.services.memberships import remove_member
from accounts.services.second_factors import who_has_second_factor
from accounts.web.doors import MemberRequest, member_page
from accounts.web.forms import ConsoleForm
from accounts.web.onward import see_other
from accounts.web.role_words import role_choices, role_words

PAGE = 25
LONGEST_SEARCH = 200
MANAGE = "write:memberships"


class RoleForm(ConsoleForm):
    """The role that a member is to have."""

    role = forms.CharField(required=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One member as the list shows them."""

    membership: Membership
    issuers: list[str]
    has_second_factor: bool
    can_be_changed: bool


@member_page(needs="read:memberships")
def members(request: MemberRequest) -> HttpResponse:
    """Show a page of the members, whoever joined first first."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    kept = {"q": text} if text else {}
    place = Place(address=request.path, filters=kept, limit=PAGE, cursor=request.GET.get("cursor"))
    rows = Membership.objects.for_actor(request.actor).matching(text)
    page = read_page(
        request.actor, rows.prefetch_related("user__identities"), Order("created_at"), place
    )
    manages = can_manage(request)
    facts: dict[str, Any] = {
        "rows": _rows(request, page.rows, manages=manages),
        "manages": manages,
        "q": text,
        "next": page.next_cursor and urlencode(kept | {"cursor": page.next_cursor}),
    }
    return render(request, "accounts/members.html", facts)


@member_page(needs=MANAGE)
def member(request: MemberRequest, person: UUID) -> HttpResponse:
    """Show one member, and give them another role."""
    membership = _member(request, person)
    form = RoleForm(request, initial={"role": membership.role})
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_role(request.actor, membership, role=form.cleaned_data["role"])
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            told = _("%(name)s has the role %(role)s now.")
            messages.success(
                request, told % {"name": membership.user, "role": role_words(changed.role)}
            )
            return see_other("accounts:members", request.organization.slug)
    facts = {
        "member": membership,
        "form": form,
        "roles": role_choices(request.actor.role, form["role"].value()),
        "can_be_changed": _can_be_changed(request, membership),
    }
    return render(request, "accounts/member.html", facts, status=form.status)


@member_page(needs=MANAGE)
def remove(request: MemberRequest, person: UUID) -> HttpResponse:
    """Say what stops and what lives on when a member leaves, and remove them."""
    membership = _member(request, person)
    form = ConsoleForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            remove_member(request.actor, request.organization, membership.user)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            told = _("%(name)s is no member of %(organization)s any more.")
            names = {"name": membership.user, "organization": request.organization.name}
            messages.success(request, told % names)
            if membership.user_id == request.user.pk:
                return see_other("accounts:organizations")
            return see_other("accounts:members", request.organization.slug)
    facts = {"member": membership, "form": form}
    return render(request, "accounts/member_remove.html", facts, status=form.status)


def can_manage(request: MemberRequest) -> bool:
    """Say whether to show what changes members."""
    return not missing(request.actor.scopes, [MANAGE])


def _rows(request: MemberRequest, rows: list[Membership], *, manages: bool) -> list[Row]:
    # Who has none is easier to attack: that is for those who can do something about it.
    safe = who_has_second_factor([one.user_id for one in rows]) if manages else set()
    return [
        Row(
            membership=one,
            issuers=[identity.issuer for identity in one.user.identities.all()],
            has_second_factor=one.user_id in safe,
            can_be_changed=manages and _can_be_changed(request, one),
        )
        for one in rows
    ]


def _can_be_changed(request: MemberRequest, membership: Membership) -> bool:
    return membership.role != Role.OWNER or request.actor.role == Role.OWNER


def _member(request: MemberRequest, person: UUID) -> Membership:
    """Return the member with this id.

    Raises:
        Http404: there is none in this organization.
    """
    rows = Membership.objects.for_actor(request.actor).select_related("organization")
    found = rows.filter(user_id=person).first()
    if found is None:
        raise Http404
    return found
