"""Status: what a token is at a moment."""

from datetime import datetime, timedelta
from enum import StrEnum

IN_USE = timedelta(days=7)
"""How long after its last use a token counts as in use: who ends it is warned."""


class Status(StrEnum):
    """What a token is; of several that hold, the first counts (``contract.md`` section 5)."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    DISABLED = "disabled"
    ACTIVE = "active"


def was_used_lately(last_used_at: datetime | None, now: datetime) -> bool:
    """Say whether what was last used then counts as in use."""
    return last_used_at is not None and last_used_at > now - IN_USE
