"""Status: what a token is at a moment."""

from enum import StrEnum


class Status(StrEnum):
    """What a token is; of several that hold, the first counts (``contract.md`` section 5)."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    DISABLED = "disabled"
    ACTIVE = "active"
