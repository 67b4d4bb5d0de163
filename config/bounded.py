"""A connection to PostgreSQL that waits no longer than its request may take, and says what is done.

``statement_timeout`` is kept by the database, and TCP's timeouts by its kernel: one that
stands still (frozen, swapping, cut off behind a proxy that is not) keeps neither. The end of
a wait for it has to come from this side.

A commit that replicas are waited for may come back before they have it: somebody cancelled the
wait. PostgreSQL calls that done, and warns. Here it is not done (``NotReplicated``).
"""

import time
from collections.abc import Generator
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from psycopg.errors import Diagnostic
from psycopg.rows import TupleRow

RV = TypeVar("RV")

REQUEST_SECONDS = 6.0
"""How long the database may stay silent, counted from the arrival of a request or the start of
a part of a streamed answer; with ``CONNECT_SECONDS`` (``config/database.py``) on top, shorter
than the client is kept (``config/server/onehop.py``)."""

_ends_at: ContextVar[float | None] = ContextVar("database_wait_ends_at", default=None)
"""When waiting ends, on the monotonic clock; None in commands, which may take their time."""


WARNING = "01000"
"""The SQLSTATE of a commit whose wait for replicas was cancelled, in every language."""


class NotReplicated(psycopg.OperationalError):
    """What was committed may not be on the replicas that had to be waited for."""


class BoundedConnection(psycopg.Connection[TupleRow]):
    """Gives up, and closes, when the time of the request is over and the database is silent."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._warned = False
        self.add_notice_handler(self._hear)

    def commit(self) -> None:
        """Commit.

        Raises:
            NotReplicated: it stands here, but a verify that reads a replica may not see it.
        """
        self._warned = False
        super().commit()
        if self._warned:
            raise NotReplicated("the wait for the replicas was cancelled")

    def _hear(self, notice: Diagnostic) -> None:
        self._warned = self._warned or notice.sqlstate == WARNING

    def wait(self, gen: Generator[Any, Any, RV], *args: Any, **options: Any) -> RV:
        """Run psycopg's ``gen`` to its end.

        Raises:
            psycopg.OperationalError: the database did not answer in time. What it was told
                may have happened or not.
        """
        end = _ends_at.get()
        if end is None:
            return super().wait(gen, *args, **options)
        try:
            return super().wait(_until(end, gen), *args, **options)
        except _Silence:
            # Its answer may still come: nobody may take it for the answer to something else.
            self.close()
            raise


class _Silence(psycopg.OperationalError):
    """The database said nothing until the end of the wait."""


def start_waiting() -> None:
    """Count the time from now, in this thread's context."""
    _ends_at.set(time.monotonic() + REQUEST_SECONDS)


def _until(end: float, gen: Generator[Any, Any, RV]) -> Generator[Any, Any, RV]:
    """Pass between psycopg's waiting and ``gen``, until nothing is ready after ``end``."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() >= end:
                gen.close()
                raise _Silence("the database did not answer in time")
            wanted = gen.send(ready)
    except StopIteration as done:
        result: RV = done.value
        return result
