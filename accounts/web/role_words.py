"""Roles in words: what each is called, and what somebody with it can do."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role

ROLE_WORDS: dict[str, tuple[Promise, Promise]] = {
    Role.OWNER: (_("Owner"), _("Can do everything, and makes and removes other owners.")),
    Role.ADMIN: (_("Admin"), _("Can do everything but change owners.")),
    Role.DEVELOPER: (_("Developer"), _("Sees everything; makes and revokes tokens.")),
    Role.VIEWER: (_("Viewer"), _("Sees everything; changes nothing.")),
}


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role to choose in a form."""

    value: str
    words: str
    explained: str
    is_chosen: bool


def role_words(role: str | None) -> str:
    """Return what a role is called; one that is not known, as it is."""
    return str(ROLE_WORDS[role][0]) if role in ROLE_WORDS else str(role)


def role_choices(by: Role | None, chosen: str) -> list[RoleChoice]:
    """Return the roles that a member with the role ``by`` may give, from least to most."""
    given = [role for role in reversed(Role) if role != Role.OWNER or by == Role.OWNER]
    return [
        RoleChoice(role, str(ROLE_WORDS[role][0]), str(ROLE_WORDS[role][1]), role == chosen)
        for role in given
    ]
