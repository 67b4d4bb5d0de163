"""A connection to PostgreSQL on the event loop, asked through libpq: autocommit, all prepared.

psycopg's own ``execute`` makes a cursor and watches the socket anew each time, which costs four
times as much (``docs/decisions/0013``). Here the socket is watched for as long as the connection
lasts, and one statement is under way at a time. psycopg connects, and turns values into bytes and
back.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, Format, error_message
from psycopg.pq.abc import PGresult

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
"""What a line has its own of. All else is as Django has it: which of several hosts is the primary
stands there too."""


class Line:
    """One connection, made by ``connect``; used on the loop that made it."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._libpq, self._values = connection.pgconn, Transformer(connection)
        self._socket = self._libpq.socket
        self._loop = asyncio.get_running_loop()
        self._names: dict[str, bytes] = {}
        self._reply: asyncio.Future[PGresult] | None = None
        self._result: PGresult | None = None
        self.is_ended = False
        self._loop.add_reader(self._socket, self._hear)

    async def ask(self, statement: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Return the rows of ``statement``, a constant, in which each ``%s`` is a value.

        Raises:
            psycopg.Error: the database's, or the line was cut, before or meanwhile.
        """
        name = self._names.get(statement)
        if name is None:
            name = self._names[statement] = b"wardkey_%d" % len(self._names)
            self._libpq.send_prepare(name, _numbered(statement))
            await self._heard(ExecStatus.COMMAND_OK)
        formats = [PyFormat.BINARY if isinstance(each, list) else PyFormat.TEXT for each in values]
        sent = self._values.dump_sequence(values, formats)
        self._libpq.send_query_prepared(name, sent, self._values.formats, Format.BINARY)
        result = await self._heard(ExecStatus.TUPLES_OK)
        self._values.set_pgresult(result)
        return self._values.load_rows(0, result.ntuples, tuple)

    def cut(self) -> None:
        """Close at once, whatever is under way, and without waiting for the database."""
        self._end(psycopg.OperationalError("the line was cut"))

    async def _heard(self, wanted: ExecStatus) -> PGresult:
        """Return the reply to what was sent."""
        if self._libpq.flush():
            raise psycopg.OperationalError("the server does not take what is sent to it")
        self._reply = self._loop.create_future()
        result = await self._reply
        if result.status != wanted:
            raise psycopg.OperationalError(error_message(result))
        return result

    def _hear(self) -> None:
        """Take what has come; called whenever the socket has something."""
        try:
            self._libpq.consume_input()
            while not self._libpq.is_busy():
                result = self._libpq.get_result()
                if result is None:  # the end of a reply; no statement has two results
                    self._tell()
                    return
                self._result = result
        except psycopg.Error as error:
            self._end(error)

    def _tell(self) -> None:
        if self._reply is not None and self._result is not None and not self._reply.done():
            self._reply.set_result(self._result)
        self._reply = self._result = None

    def _end(self, error: Exception) -> None:
        if self.is_ended:
            return
        self.is_ended = True
        self._loop.remove_reader(self._socket)
        self._libpq.finish()
        if self._reply is not None and not self._reply.done() and not self._loop.is_closed():
            self._reply.set_exception(error)


async def connect() -> Line:
    """Connect to the database of Django's settings.

    From the replica, where there is one that every COMMIT waits for: it has all by then too.

    Raises:
        psycopg.Error: it cannot be reached within ``CONNECT_SECONDS``.
    """
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
    connection = await psycopg.AsyncConnection.connect(
        **params,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        application_name="wardkey verify",
        options=" ".join(f"-c {name}={value}" for name, value in session.items()),
    )
    return Line(connection)


def _numbered(statement: str) -> bytes:
    """Return ``statement`` with its values as libpq has them: ``$1``, ``$2``."""
    first, *others = statement.split("%s")
    return first.encode() + b"".join(
        b"$%d%b" % (number, other.encode()) for number, other in enumerate(others, 1)
    )
