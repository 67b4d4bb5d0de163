"""What staff do to a member of an organization: another role, and the end of it."""

from typing import Any

from django import forms
from django.http import HttpResponse

from accounts.actor import Actor
from accounts.admin.acts import ActPage, Question, ReasonForm, Visit, ask
from accounts.admin.cells import NOTHING, link_to
from accounts.models import Membership
from accounts.roles import Role
from accounts.services.change_role import change_role
from accounts.services.memberships import remove_member
from accounts.staff import Act
from accounts.web.role_words import RoleChoice, role_choices, role_words


class RoleForm(ReasonForm):
    """The role that somebody is to have."""

    role = forms.CharField(required=False)

    @property
    def roles(self) -> list[RoleChoice]:
        """Return all roles, the owner's too."""
        return role_choices(Role.OWNER, self["role"].value())


def give_role(visit: Visit[Membership]) -> HttpResponse:
    """Give a member another role; it counts at their next request."""
    thing = visit.thing
    question = Question(
        title=f"Change the role of {thing.user.display_name}",
        told="Another role counts at their next request: what they may not do any more is refused"
        " at once.",
        doing="Save the role",
        facts=_facts(thing),
        template="admin/role_of_member.html",
    )
    form = RoleForm(visit.request, initial={"role": thing.role})

    def do(actor: Actor) -> str:
        changed = change_role(actor, thing, role=form.cleaned_data["role"])
        return f"{thing.user.display_name} has the role {role_words(changed.role)} now."

    return ask(visit, question, form, do)


def remove(visit: Visit[Membership]) -> HttpResponse:
    """End a membership; the person's account stays."""
    thing = visit.thing
    question = Question(
        title=f"Remove {thing.user.display_name} from {thing.organization.name}?",
        told="Their access to it stops the moment you confirm: in every browser, and by every JWT"
        " and refresh token. The service accounts and tokens that they have made live on.",
        doing="Remove",
        facts=_facts(thing),
    )

    def do(actor: Actor) -> str:
        remove_member(actor, thing.organization, thing.user)
        return f"{thing.user.display_name} is no member of {thing.organization.name} any more."

    return ask(visit, question, ReasonForm(visit.request), do)


def _facts(member: Membership) -> list[tuple[str, Any]]:
    return [
        ("Organization", link_to(member.organization)),
        ("E-mail address", member.user.email or NOTHING),
        ("Role", role_words(member.role)),
    ]


def _why_not(member: Membership) -> str:
    """Return why there is nothing to change; empty where there is."""
    if member.removed_at is not None:
        return f"{member.user.display_name} is no member any more."
    if member.organization.deleted_at is not None:
        return f"{member.organization.name} is deleted."
    return ""


MEMBER_ACTS = (
    ActPage("role", "Change role", Act.MANAGE_MEMBERS, give_role, _why_not),
    ActPage("remove", "Remove", Act.MANAGE_MEMBERS, remove, _why_not, is_danger=True),
)
