"""Lines: a process's own connections to the database for verifying, apart from Django's.

A pool would back off for ten seconds after a fault, and a cancelled wait waits for a server that
stands still (design: verify.md, rule 14). So there are two connections, made anew after any
fault, and cut by shutting their sockets.
"""

import asyncio
import contextlib
import os
import socket
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from tokens.verify.memory import MOST_ENTRIES
from tokens.verify.statements import BATCH_POSTGRESQL, ENTRIES, Row, batch_sqlite

CONNECT_SECONDS = 2
STATEMENT_MILLISECONDS = 1_000
_NOT_TAKEN_OVER = {
    "application_name",
    "connect_timeout",
    "context",
    "cursor_factory",
    "options",
    "prepare_threshold",
}
"""What lines have their own of. All else is as Django has it: which of several hosts is the primary
stands there too."""


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

    def cut(self) -> None:
        """Close, whatever is under way: at once, and without waiting for the database."""


async def open_lines() -> Lines:
    """Connect to the database of Django's settings.

    Raises:
        Exception: it cannot be reached.
    """
    if connections["default"].vendor == "sqlite":
        return SqliteLines(str(connections["default"].settings_dict["NAME"]))
    reading, polling = await asyncio.gather(_connect(), _connect())
    return PostgresLines(reading, polling)


class PostgresLines:
    """Two connections to PostgreSQL: autocommit, each statement prepared."""

    def __init__(self, reading: psycopg.AsyncConnection, polling: psycopg.AsyncConnection) -> None:
        self._reading, self._polling = reading, polling

    async def read(self, digests: Sequence[bytes]) -> Sequence[Row]:
        """See ``Lines``."""
        return await _rows(self._reading, BATCH_POSTGRESQL, [list(digests)])

    async def poll(self, since: int) -> Sequence[Row]:
        """See ``Lines``."""
        return await _rows(self._polling, ENTRIES, [since, MOST_ENTRIES])

    def cut(self) -> None:
        """See ``Lines``. Who waits on a socket that was shut is told so."""
        for connection in (self._reading, self._polling):
            _shut(connection)


async def _rows(
    connection: psycopg.AsyncConnection, statement: str, values: Sequence[Any]
) -> Sequence[Row]:
    cursor = await connection.execute(statement.encode(), values, prepare=True, binary=True)
    return await cursor.fetchall()


async def _connect() -> psycopg.AsyncConnection:
    # From the replica, where there is one that every COMMIT waits for: it has all by then too.
    wanted = settings.WARDKEY_VERIFY_DATABASE or connections["default"].get_connection_params()
    params = {name: value for name, value in wanted.items() if name not in _NOT_TAKEN_OVER}
    if params.get("target_session_attrs") == "read-write":
        params["target_session_attrs"] = "primary"  # a session that only reads is none of those
    session = {
        "statement_timeout": STATEMENT_MILLISECONDS,
        "plan_cache_mode": "force_generic_plan",
        "default_transaction_isolation": "read\\ committed",
        "default_transaction_read_only": "on",
        "TimeZone": "UTC",
    }
    return await psycopg.AsyncConnection.connect(
        **params,
        autocommit=True,
        row_factory=tuple_row,
        connect_timeout=CONNECT_SECONDS,
        application_name="wardkey verify",
        options=" ".join(f"-c {name}={value}" for name, value in session.items()),
    )


def _shut(connection: psycopg.AsyncConnection) -> None:
    with contextlib.suppress(psycopg.Error, OSError):
        handle = socket.socket(fileno=os.dup(connection.pgconn.socket))
        try:
            handle.shutdown(socket.SHUT_RDWR)
        finally:
            handle.close()
    if connection.info.transaction_status is not TransactionStatus.ACTIVE:
        connection.pgconn.finish()  # nobody waits on it


class SqliteLines:
    """One connection to SQLite that cannot write, in a thread of its own."""

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
