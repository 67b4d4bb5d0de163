"""Roles of members, and the scopes that each one holds (``contract.md`` section 2)."""

from enum import StrEnum


class Role(StrEnum):
    """What a member is in an organization, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


SCOPES: dict[Role, frozenset[str]] = {
    Role.OWNER: frozenset({"write:*"}),
    Role.ADMIN: frozenset({"write:*"}),
    Role.DEVELOPER: frozenset({"read:*", "write:tokens"}),
    Role.VIEWER: frozenset({"read:*"}),
}
"""What each role holds; ``write:*`` includes every scope."""
