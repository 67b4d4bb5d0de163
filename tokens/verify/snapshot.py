"""TokenSnapshot and CallFacts: all that a verdict may look at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

Packed = tuple[int, str, int, str, str, int, str, datetime, datetime | None, str]


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

    def packed(self) -> Packed:
        """Return all that a good token has, as plain values."""
        return (
            self.token_id.int,
            self.token_slug,
            self.account_id.int,
            self.account_slug,
            self.account_name,
            self.organization_id.int,
            " ".join(self.scopes),
            self.created_at,
            self.expires_at,
            self.key_id,
        )

    @classmethod
    def unpacked(cls, packed: Packed) -> Self:
        """Return the good token of ``packed()``."""
        token, slug, account, account_slug, name, organization, scopes, created, ends, key = packed
        return cls(
            token_id=UUID(int=token),
            token_slug=slug,
            account_id=UUID(int=account),
            account_slug=account_slug,
            account_name=name,
            organization_id=UUID(int=organization),
            scopes=tuple(scopes.split()),
            created_at=created,
            expires_at=ends,
            is_revoked=False,
            account_is_on=True,
            organization_is_live=True,
            key_id=key,
        )


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a caller wants to know of a token: which scopes are needed, all of them.

    Those that are ``unknown`` to the installation's catalogue no token holds, ``write:*`` included.
    """

    scopes: tuple[str, ...] = ()
    unknown: frozenset[str] = frozenset()
