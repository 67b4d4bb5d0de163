"""TokenSnapshot and CallFacts: all that a verdict may look at."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TokenSnapshot:
    """What the database says of one token, its account and its organization, at one moment.

    ``scopes`` are the effective ones; moments are aware, by the database's clock.
    """

    token_id: UUID
    token_slug: str
    account_id: UUID
    account_slug: str
    account_name: str
    organization_id: UUID
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    is_revoked: bool
    account_is_on: bool
    organization_is_live: bool
    key_id: str


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a caller wants to know of a token: which scopes are needed, all of them.

    Those that are ``unknown`` to the installation's catalogue no token holds, ``write:*`` included.
    """

    scopes: tuple[str, ...] = ()
    unknown: frozenset[str] = frozenset()
