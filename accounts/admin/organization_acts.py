"""What staff do for an organization and its people: it is made, and people are invited to it."""

import json
from uuid import UUID, uuid4, uuid5

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.actor import Actor
from accounts.admin.acts import ActPage, Question, ReasonForm, Visit, ask
from accounts.admin.cells import address_of, link_to
from accounts.admin.doors import StaffRequest
from accounts.admin.member_acts import RoleForm
from accounts.models import Invitation, Organization
from accounts.roles import Role
from accounts.services.invitations import Invited, invite, revoke_invitation
from accounts.services.organizations import create_organization
from accounts.staff import Act
from accounts.web.doors import is_looked_at
from accounts.web.forms import line
from accounts.web.invitations import hand_on, take_link
from accounts.web.onward import see_other
from accounts.web.role_words import role_words


def _address(label: str) -> forms.CharField:
    widget = forms.EmailInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, required=False, strip=False, widget=widget)


class InvitationForm(RoleForm):
    """Whom to invite, and as what."""

    email = _address("E-mail address")


class NewOrganizationForm(ReasonForm):
    """A new organization and its first owner, made once however often the form is sent."""

    wire_names = {"externalId": "external_id"}

    name = line("Name", **{"data-slug-from": "slug"})
    slug = line("Slug", spellcheck="false", autocapitalize="none")
    external_id = line("External id")
    email = _address("E-mail address of the owner")
    once = forms.CharField(required=False, widget=forms.HiddenInput)

    def made_id(self, by: UUID) -> UUID:
        """Return the id of what it makes: the same for each sending of it with this content."""
        return uuid5(by, json.dumps(self.cleaned_data, sort_keys=True))


def create(visit: Visit[None]) -> HttpResponse:
    """Create an organization and invite its first owner; the link stands on the page after it."""
    request = visit.request
    form = NewOrganizationForm(request, initial={"once": uuid4().hex})
    question = Question(
        organization_id=form.made_id(request.user.pk) if form.is_valid() else uuid4(),
        title="New organization",
        told="You get a link that makes one person its first owner, once, within seven days.",
        doing="Create organization",
        facts=[],
        template="admin/new_organization.html",
    )

    def do(actor: Actor) -> HttpResponse:
        made = create_organization(
            actor,
            slug=form.cleaned_data["slug"],
            name=form.cleaned_data["name"],
            owner_email=form.cleaned_data["email"],
            external_id=form.cleaned_data["external_id"] or None,
        )
        if made.invited is None:
            return see_other(address_of(made.organization))
        messages.success(request, f"{made.organization.name} is created.")
        return _show(request, made.invited, made.organization)

    return ask(visit, question, form, do)


def invite_somebody(visit: Visit[Organization]) -> HttpResponse:
    """Invite somebody, owners too; the link stands on the page after it."""
    thing = visit.thing
    question = Question(
        title=f"Invite somebody to {thing.name}",
        told="You get a link that makes one person a member, once, within seven days.",
        doing="Make the link",
        facts=[],
        template="admin/invite.html",
    )
    form = InvitationForm(visit.request, initial={"role": Role.VIEWER})

    def do(actor: Actor) -> HttpResponse:
        typed = form.cleaned_data
        invited = invite(actor, role=typed["role"], email=typed["email"] or None)
        return _show(visit.request, invited, thing)

    return ask(visit, question, form, do)


def show_link(visit: Visit[Invitation]) -> HttpResponse:
    """Show the link of an invitation that was just made, the first time alone."""
    request, record, thing = visit.request, visit.record, visit.thing
    facts = {
        **record.admin_site.each_context(request),
        "title": f"Invitation to {thing.organization.name}",
        "record": record,
        "thing": thing,
        "back": address_of(thing),
        "link": take_link(request, thing) if is_looked_at(request) else None,
    }
    return render(request, "admin/invited.html", facts)


def revoke(visit: Visit[Invitation]) -> HttpResponse:
    """Revoke an invitation; one that is over already is told of as that."""
    thing = visit.thing
    question = Question(
        title="Revoke this invitation?",
        told="Its link opens nothing any more from the moment you confirm.",
        doing="Revoke invitation",
        facts=[
            ("Organization", link_to(thing.organization)),
            ("Role", role_words(thing.role)),
            ("For", thing.email or "Whoever has the link"),
            ("Invited by", thing.inviter_name),
        ],
    )

    def do(actor: Actor) -> str:
        if not revoke_invitation(actor, thing):
            return "The invitation was over already."
        return "The invitation is revoked. Its link opens nothing any more."

    return ask(visit, question, ReasonForm(visit.request), do)


def _show(request: StaffRequest, invited: Invited, organization: Organization) -> HttpResponse:
    """Send the browser to the page that shows the link, once."""
    hand_on(request, invited, organization)
    return see_other("admin:accounts_invitation_link", str(invited.invitation.pk))


def _why_not_invited(organization: Organization) -> str:
    """Return why nobody is invited; empty where somebody can be."""
    return f"{organization.name} is deleted." if organization.deleted_at is not None else ""


def _why_not_revoked(invitation: Invitation) -> str:
    """Return why there is nothing to revoke; empty where there is."""
    return "" if invitation.is_pending(timezone.now()) else "The invitation is over already."


MAKERS = (ActPage("new", "New organization", Act.CREATE_ORGANIZATION, create),)
INVITE = ActPage("invite", "Invite somebody", Act.MANAGE_MEMBERS, invite_somebody, _why_not_invited)
INVITATION_ACTS = (
    # It follows the making of an invitation, and is offered nowhere.
    ActPage("link", "Show the link", Act.MANAGE_MEMBERS, show_link, lambda _: "It was shown."),
    ActPage("revoke", "Revoke", Act.MANAGE_MEMBERS, revoke, _why_not_revoked, is_danger=True),
)
