"""Actor: who acts, in which organization, with which scopes and from where."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

from accounts.errors import MissingScope, NoIdentity, NoSuchAccount
from accounts.request_errors import NoSuchAddress
from accounts.roles import Role
from accounts.scopes import missing

SYSTEM_ID = uuid.UUID(int=0)


class Kind(StrEnum):
    """What sort of principal acts."""

    USER = "user"
    SERVICE_ACCOUNT = "service_account"
    STAFF = "staff"
    SYSTEM = "system"


class Owned(Protocol):
    """A thing that belongs to an organization."""

    organization_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class HeldToken:
    """The token by which a service account acts: where it stands, and when it ends (aware)."""

    id: uuid.UUID
    slug: str
    account_slug: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a user, a service account by one of its tokens, staff, or a command.

    Each door builds one; services take it as their first argument and never see a
    request. ``expires_at`` is the end of the credential, ``role`` a user's role in
    the organization, ``token`` what a service account has shown. ``reread`` reads the
    credential again inside a transaction and holds its rows; None for the system.
    ``reason`` is why staff act, and stands in each audit line that they write.
    """

    id: uuid.UUID
    name: str
    kind: Kind
    organization_id: uuid.UUID
    scopes: frozenset[str]
    request_id: str
    address: str | None = None
    expires_at: datetime | None = None
    role: Role | None = None
    token: HeldToken | None = None
    reason: str | None = None
    reread: Callable[[], "Actor | None"] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def system(cls, organization_id: uuid.UUID) -> Self:
        """Return the actor for commands that the operator runs in a shell."""
        return cls(
            id=SYSTEM_ID,
            name="system",
            kind=Kind.SYSTEM,
            organization_id=organization_id,
            scopes=frozenset({"write:*"}),
            request_id=str(uuid.uuid4()),
        )

    def require(self, scope: str, *, on: Owned | None = None) -> None:
        """Return if the actor holds ``scope`` and ``on`` is in its organization.

        Raises:
            MissingScope: it does not hold the scope.
            NoSuchAccount: ``on`` belongs to another organization, so for this actor it is not.
        """
        if missing(self.scopes, [scope]):
            raise MissingScope(scope)
        self.require_own(on)

    def held(self) -> "Actor":
        """Return the actor as it is now, held against change until the transaction ends.

        A service that writes asks for it after it has locked what it changes: a request
        whose body trickles in does not outlive a revoke (``contract.md`` section 1).

        Raises:
            NoIdentity: the credential is not good any more.
        """
        if self.reread is None:
            return self
        found = self.reread()
        if found is None:
            raise NoIdentity(sent=True)
        return found

    def held_with(self, scope: str) -> "Actor":
        """Return the actor ``held``, if it still holds ``scope``.

        Raises:
            NoIdentity, MissingScope: the right is gone meanwhile.
        """
        actor = self.held()
        actor.require(scope)
        return actor

    def require_own(self, thing: Owned | None) -> None:
        """Return if ``thing`` is in the actor's organization; raises NoSuchAccount otherwise."""
        if thing is not None and thing.organization_id != self.organization_id:
            raise NoSuchAccount("There is no such thing in your organization.")

    def require_home(self, organization_id: uuid.UUID) -> None:
        """Return if this is the actor's organization; raises NoSuchAddress otherwise."""
        if organization_id != self.organization_id:
            raise NoSuchAddress("There is no such organization for you.")
