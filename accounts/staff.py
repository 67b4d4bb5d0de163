"""The support staff's roles, and which acts each one may do. Pure.

A role is the name of a Django group (``accounts/services/staff.py`` makes them); of several the
greatest counts. An act carries the scopes that its service demands, and no more.
"""

from collections.abc import Iterable
from enum import StrEnum


class StaffRole(StrEnum):
    """What somebody of the staff is, from least to most."""

    AUDITOR = "auditor"
    SUPPORT = "support"
    LEAD = "support lead"


class Act(StrEnum):
    """What staff do in an organization, each by the service that everybody uses."""

    LOOK_UP = "look up"
    REVOKE = "revoke"
    DISABLE = "disable"
    CHANGE_EXPIRY = "change expiry"
    ENABLE = "enable"
    CREATE_ORGANIZATION = "create organization"
    SUSPEND = "suspend"
    MANAGE_MEMBERS = "manage members"


LOSSES = frozenset({Act.REVOKE, Act.DISABLE, Act.CHANGE_EXPIRY, Act.SUSPEND})
"""Acts by which a token may lose something: what tells of one waits (``accounts/losses.py``)."""

_SUPPORT = frozenset({Act.LOOK_UP, Act.REVOKE, Act.DISABLE})
MAY: dict[StaffRole, frozenset[Act]] = {
    StaffRole.AUDITOR: frozenset(),
    StaffRole.SUPPORT: _SUPPORT,
    StaffRole.LEAD: frozenset(Act),
}
"""What each role may do; all of them see everything but secrets."""

SCOPES: dict[Act, frozenset[str]] = {
    Act.LOOK_UP: frozenset({"read:tokens"}),
    Act.REVOKE: frozenset({"write:tokens"}),
    Act.DISABLE: frozenset({"write:tokens"}),
    Act.CHANGE_EXPIRY: frozenset({"write:tokens"}),
    # Enabling grants what the account's tokens hold, whatever that is.
    Act.ENABLE: frozenset({"write:*"}),
    Act.CREATE_ORGANIZATION: frozenset({"write:organizations", "write:memberships"}),
    Act.SUSPEND: frozenset({"write:organizations"}),
    Act.MANAGE_MEMBERS: frozenset({"write:memberships"}),
}


def greatest(groups: Iterable[str], *, is_superuser: bool) -> StaffRole | None:
    """Return the greatest role among ``groups`` (names); a superuser counts as a support lead."""
    if is_superuser:
        return StaffRole.LEAD
    held = set(groups)
    return next((role for role in reversed(StaffRole) if role in held), None)
