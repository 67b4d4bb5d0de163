"""The wait after a loss of rights: that a right is gone is told when no process has it any more.

Who keeps what it has read of credentials may use it for ``LEASE_SECONDS`` without asking again. So
whoever has taken a right away waits that long after the COMMIT before it says so; then "revoked"
is true everywhere (``docs/decisions/0011-rights-have-an-epoch.md``).

A service that takes rights away is decorated by ``loses_rights``. In a request it marks what is
``Owed``, and the server holds the finished answer back, with the thread and the database free for
others already (``config/server/onehop.py``). Elsewhere, as in a command, it blocks at its end.
Since the mark is made before anything else, all answers wait: to a COMMIT of which nobody knows
whether it happened, and to the repeat that finds nothing left to take. What is answered before a
service is reached, like a repeat's 404, is marked by its door, with ``owe_wait``.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from accounts import counters
from accounts.epoch import LEASE_SECONDS, MARGIN_SECONDS

P = ParamSpec("P")
R = TypeVar("R")

WAIT_SECONDS = LEASE_SECONDS + MARGIN_SECONDS
"""No setting, as the lease is none; the suite replaces it in its own process."""


@dataclass(slots=True)
class Owed:
    """Whether the answer to one request has to wait; once, however much was taken away."""

    is_owed: bool = False

    def settle(self) -> bool:
        """Say whether a wait is owed, which the caller then waits: it is not owed any more."""
        was_owed, self.is_owed = self.is_owed, False
        return was_owed


_owed: ContextVar[Owed | None] = ContextVar("owed", default=None)


def note_in(owed: Owed | None) -> None:
    """Let this context note in ``owed`` what its answer owes; None lets it wait for itself."""
    _owed.set(owed)


def is_noted() -> bool:
    """Say whether somebody holds back the answer of this context."""
    return _owed.get() is not None


def owe_wait() -> None:
    """Mark the answer to the request under way: it may tell of a loss of rights."""
    owed = _owed.get()
    if owed is not None:
        owed.is_owed = True


@contextmanager
def counted() -> Iterator[None]:
    """Count what is inside as one wait, for ``/metrics``."""
    begun = time.monotonic()
    counters.move("wardkey_revokes_waiting", 1)
    try:
        yield
    finally:
        counters.move("wardkey_revokes_waiting", -1)
        counters.observe("wardkey_revoke_wait_seconds", time.monotonic() - begun)


def wait() -> None:
    """Block until what was committed before is known everywhere; never inside a transaction."""
    with counted():
        time.sleep(WAIT_SECONDS)


def loses_rights(service: Callable[P, R]) -> Callable[P, R]:
    """Let a durable service, which may take rights away, be waited for, whatever comes of it."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if is_noted():
            owe_wait()
            return service(*args, **kwargs)
        try:
            return service(*args, **kwargs)
        finally:
            wait()

    return run
