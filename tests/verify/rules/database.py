"""A database in memory: tokens, the epoch with its entries, and lines whose replies wait.

What a statement returns is settled when it is executed, and told when its reply arrives: a test
says when either happens.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from accounts.keys import key_ring
from tokens.secret import TokenSecret
from tokens.verify.memory import MOST_ENTRIES
from tokens.verify.statements import Row

BEGINNING = datetime(2030, 1, 31, 12, tzinfo=UTC)
"""The database's moment at second 0: by a clock that is not this machine's."""


@dataclass(frozen=True)
class Rights:
    """What the database has of one token."""

    account_id: UUID = field(default_factory=uuid4)
    token_id: UUID = field(default_factory=uuid4)
    scopes: tuple[str, ...] = ("write:releases",)
    expires_at: datetime | None = None
    is_revoked: bool = False
    account_is_on: bool = True
    organization_is_live: bool = True


class Database:
    """Tokens by digest, and a history of what changed.

    Args:
        seconds: the clock.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self.tokens: dict[bytes, Rights] = {}
        self.n, self.mark = 1, "m1"
        self.entries: list[tuple[int, str, bytes | None, UUID | None]] = [(1, "m1", None, None)]

    @property
    def now(self) -> datetime:
        """The moment by the database's clock."""
        return BEGINNING + timedelta(seconds=self._seconds())

    def issue(self, rights: Rights | None = None) -> TokenSecret:
        """Return the secret of a new token, which concerns nobody."""
        secret = TokenSecret.mint()
        self.tokens[digest_of(secret)] = rights or Rights()
        return secret

    def revoke(self, secret: TokenSecret) -> None:
        """Revoke a token, with its entry."""
        self.change(secret, is_revoked=True)

    def change(self, secret: TokenSecret, **rights: object) -> None:
        """Change a token, with its entry."""
        digest = digest_of(secret)
        self.tokens[digest] = replace(self.tokens[digest], **rights)  # type: ignore[arg-type]
        self.note(digest)

    def disable(self, account_id: UUID) -> None:
        """Disable an account, with its entry."""
        for digest, rights in self.tokens.items():
            if rights.account_id == account_id:
                self.tokens[digest] = replace(rights, account_is_on=False)
        self.note(account_id=account_id)

    def note(self, digest: bytes | None = None, account_id: UUID | None = None) -> None:
        """Raise the epoch and write whom it concerns: a token, an account, or everybody."""
        self.n += 1
        self.mark = f"m{self.n}"
        self.entries.append((self.n, self.mark, digest, account_id))

    def rows_of(self, digests: Sequence[bytes]) -> list[Row]:
        """Return what ``statements`` would read of ``digests``."""
        known = [digest for digest in digests if digest in self.tokens]
        head = (self.n, self.mark, self.now)
        return [(*head, *self._facts(digest)) for digest in known] or [(*head, *[None] * 14)]

    def entries_from(self, since: int) -> list[Row]:
        """Return what a poll would read."""
        found = sorted(entry for entry in self.entries if entry[0] >= since)[:MOST_ENTRIES]
        head = (self.n, self.mark)
        return [(*head, *entry) for entry in found] or [(*head, None, None, None, None)]

    def _facts(self, digest: bytes) -> Row:
        rights = self.tokens[digest]
        return (
            digest,
            rights.token_id,
            "ci",
            rights.account_id,
            "deploy",
            "Deploy",
            UUID(int=7),
            json.dumps(rights.scopes),
            BEGINNING,
            rights.expires_at,
            rights.is_revoked,
            rights.account_is_on,
            rights.organization_is_live,
            key_ring().first.id,
        )


class Statement:
    """A statement that was sent: executed once, and answered when the test says so."""

    def __init__(self, run: Callable[[], list[Row]], size: int) -> None:
        self._run = run
        self._rows: list[Row] | None = None
        self.size = size
        loop = asyncio.get_running_loop()
        self.sent_at = loop.time()
        self.reply: asyncio.Future[list[Row]] = loop.create_future()

    def execute(self) -> None:
        """Let the database execute it now."""
        self._rows = self._run()

    def answer(self) -> None:
        """Let the reply arrive; executed now, if it was not before."""
        if self._rows is None:
            self.execute()
        assert self._rows is not None
        self.reply.set_result(self._rows)

    def fail(self) -> None:
        """Let the connection break instead."""
        self.reply.set_exception(OSError("the connection is gone"))


class MemoryLines:
    """Lines to a ``Database``; ``holds`` are the kinds of statements whose replies wait."""

    are_lost = False

    def __init__(self, database: Database, holds: set[str]) -> None:
        self._database, self._holds = database, holds
        self.reads: list[Statement] = []
        self.polls: list[Statement] = []
        self.is_cut = False

    async def read(self, digests: Sequence[bytes]) -> Sequence[Row]:
        """See ``Lines``."""
        statement = Statement(lambda: self._database.rows_of(digests), len(digests))
        return await self._sent(statement, self.reads, "read")

    async def poll(self, since: int) -> Sequence[Row]:
        """See ``Lines``."""
        statement = Statement(lambda: self._database.entries_from(since), since)
        return await self._sent(statement, self.polls, "poll")

    def cut(self) -> None:
        """See ``Lines``; who waits goes on waiting, as on a server that stands still."""
        self.is_cut = True

    async def _sent(self, statement: Statement, sent: list[Statement], kind: str) -> list[Row]:
        sent.append(statement)
        if kind not in self._holds:
            statement.answer()
        return await statement.reply


def digest_of(secret: TokenSecret) -> bytes:
    """Return what the token of ``secret`` is kept under."""
    return secret.digest(key_ring().first)
