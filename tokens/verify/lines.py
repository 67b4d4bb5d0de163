"""Lines: a process's own connections to the database for verifying, apart from Django's.

A pool would back off for ten seconds after a fault, and a cancelled wait waits for a server that
stands still (design: verify.md, rule 14). So there are two connections, made anew after any
fault, and cut without waiting.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from django.db import connections

from tokens.verify.memory import MOST_ENTRIES
from tokens.verify.postgres import Line, connect
from tokens.verify.statements import BATCH_POSTGRESQL, ENTRIES, Row, batch_sqlite


class Lines(Protocol):
    """What reads and polls: one read and one poll at a time, side by side."""

    async def read(self, digests: Sequence[bytes]) -> Sequence[Row]:
        """Return the rows of ``statements.found_in`` for ``digests``, in one statement.

        Raises:
            Exception: the database's, or that of a line that was cut.
        """

    async def poll(self, since: int) -> Sequence[Row]:
        """Return the epoch with its entries from ``since`` on, in one statement.

        Raises:
            Exception: as ``read``.
        """

    @property
    def are_lost(self) -> bool:
        """Whether they are known to have ended."""

    def cut(self) -> None:
        """Close, whatever is under way: at once, and without waiting for the database."""


async def open_lines() -> Lines:
    """Connect to the database of Django's settings.

    Raises:
        Exception: it cannot be reached.
    """
    if connections["default"].vendor == "sqlite":
        return SqliteLines(str(connections["default"].settings_dict["NAME"]))
    made = await asyncio.gather(connect(), connect(), return_exceptions=True)
    lines = [line for line in made if isinstance(line, Line)]
    for error in made:
        if isinstance(error, BaseException):
            for line in lines:
                line.cut()
            raise error
    return PostgresLines(*lines)


class PostgresLines:
    """Two connections to PostgreSQL."""

    def __init__(self, reading: Line, polling: Line) -> None:
        self._reading, self._polling = reading, polling

    async def read(self, digests: Sequence[bytes]) -> Sequence[Row]:
        """See ``Lines``."""
        return await self._reading.ask(BATCH_POSTGRESQL, [list(digests)])

    async def poll(self, since: int) -> Sequence[Row]:
        """See ``Lines``."""
        return await self._polling.ask(ENTRIES, [since, MOST_ENTRIES])

    @property
    def are_lost(self) -> bool:
        """See ``Lines``."""
        return self._reading.is_ended or self._polling.is_ended

    def cut(self) -> None:
        """See ``Lines``."""
        self._reading.cut()
        self._polling.cut()


class SqliteLines:
    """One connection to SQLite that cannot write, in a thread of its own."""

    are_lost = False

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wardkey-verify")
        self._connection: sqlite3.Connection | None = None

    async def read(self, digests: Sequence[bytes]) -> Sequence[Row]:
        """See ``Lines``."""
        return await self._rows(batch_sqlite(len(digests)), digests)

    async def poll(self, since: int) -> Sequence[Row]:
        """See ``Lines``."""
        return await self._rows(ENTRIES, [since, MOST_ENTRIES])

    def cut(self) -> None:
        """See ``Lines``. A thread that hangs in a read of the disk is left to itself."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    async def _rows(self, statement: str, values: Sequence[Any]) -> Sequence[Row]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._execute, statement, values)

    def _execute(self, statement: str, values: Sequence[Any]) -> Sequence[Row]:
        if self._connection is None:
            connection = sqlite3.connect(self._name, timeout=1, isolation_level=None)
            connection.execute("PRAGMA query_only = ON")
            self._connection = connection
        return self._connection.execute(statement.replace("%s", "?"), values).fetchall()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
