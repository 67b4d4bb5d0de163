"""Invitations, as those see them who make them."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import DomainError
from accounts.models import Invitation, Organization
from accounts.pages import Order, Place, read_page
from accounts.roles import Role
from accounts.services.invitations import Invited, invite, revoke_invitation
from accounts.web.doors import MemberRequest, PersonRequest, is_looked_at, member_page
from accounts.web.forms import ConsoleForm
from accounts.web.invitation_mail import send_invitation
from accounts.web.members import MANAGE, PAGE
from accounts.web.onward import see_other
from accounts.web.role_words import role_choices

FRESH = "invitation"
"""Where the session keeps the mark of a new invitation, sealed as all of it is, until the one
page that shows it."""


class InvitationForm(ConsoleForm):
    """Whom to invite, and as what."""

    role = forms.CharField(required=False)
    email = forms.CharField(
        label=gettext_lazy("E-mail address"),
        required=False,
        strip=False,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "off"}),
    )


@member_page(needs=MANAGE)
def invitations(request: MemberRequest) -> HttpResponse:
    """Show the invitations that can still be accepted, the newest first."""
    place = Place(address=request.path, filters={}, limit=PAGE, cursor=request.GET.get("cursor"))
    rows = Invitation.objects.for_actor(request.actor).pending(timezone.now())
    page = read_page(request.actor, rows, Order("created_at", descending=True), place)
    facts = {
        "invitations": page.rows,
        "next": page.next_cursor and urlencode({"cursor": page.next_cursor}),
    }
    return render(request, "accounts/invitations.html", facts)


@member_page(needs=MANAGE)
def make(request: MemberRequest) -> HttpResponse:
    """Invite somebody; the link stands on the page after it, once."""
    form = InvitationForm(request, initial={"role": Role.VIEWER})
    if request.method == "POST" and form.is_valid():
        role, email = form.cleaned_data["role"], form.cleaned_data["email"]
        try:
            invited = invite(request.actor, role=role, email=email or None)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            hand_on(request, invited, request.organization)
            return see_other(
                "accounts:pending-invitation",
                request.organization.slug,
                str(invited.invitation.pk),
            )
    facts = {"form": form, "roles": role_choices(request.actor.role, form["role"].value())}
    return render(request, "accounts/invite.html", facts, status=form.status)


@member_page(needs=MANAGE)
def pending(request: MemberRequest, invitation: UUID) -> HttpResponse:
    """Show an invitation, its link the first time alone, and revoke it."""
    rows = Invitation.objects.for_actor(request.actor).select_related("organization")
    found = rows.filter(pk=invitation).first()
    if found is None:
        raise Http404
    form = ConsoleForm(request)
    if request.method == "POST" and form.is_valid():
        slug = request.organization.slug
        if not revoke_invitation(request.actor, found):
            # It may have let somebody in meanwhile, which its page says.
            return see_other("accounts:pending-invitation", slug, str(found.pk))
        messages.success(request, _("The invitation is revoked. Its link opens nothing any more."))
        return see_other("accounts:invitations", slug)
    facts: dict[str, Any] = {
        "invitation": found,
        "is_pending": found.is_pending(timezone.now()),
        "link": take_link(request, found) if is_looked_at(request) else None,
        "form": form,
    }
    return render(request, "accounts/invitation.html", facts)


def link_of(mark: str) -> str:
    """Return the address that an invitation is accepted at."""
    return settings.WARDKEY_PUBLIC_URL + reverse("accounts:invitation", args=[mark])


def hand_on(request: PersonRequest, invited: Invited, organization: Organization) -> None:
    """Keep the link for the page that shows it; mail it where an address was given, and say so."""
    invitation = invited.invitation
    request.session[FRESH] = [str(invitation.pk), invited.mark]
    if not invitation.email:
        return
    if send_invitation(invitation, organization, link_of(invited.mark)):
        told = _("The link was sent to %(address)s.")
    else:
        told = _("No mail was sent to %(address)s: hand the link on yourself.")
    messages.info(request, told % {"address": invitation.email})


def take_link(request: PersonRequest, invitation: Invitation) -> str | None:
    """Return the link of an invitation that was just made, and forget it."""
    pk, mark = request.session.get(FRESH, ("", ""))
    if pk != str(invitation.pk):
        return None
    del request.session[FRESH]
    return link_of(mark)
