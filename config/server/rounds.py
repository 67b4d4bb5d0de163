"""What a worker does beside answering.

Last use is written and stashed secrets are forgotten every minute; the keys of signed identities
are read every ten seconds; the clean-up is hourly.
"""

import logging
import os
import threading
from collections.abc import Callable
from contextvars import copy_context

from django.db import connection

from accounts.services.clean_up import clean_up_if_due
from config.bounded import start_waiting
from tokens.gate.forward import keep_keys
from tokens.services.stash import forget_unread
from tokens.verify.key_moves import write_moves
from tokens.verify.usage import write_notes

logger = logging.getLogger("wardkey.server")

SOON_SECONDS = 2.0
"""When work comes first that must not wait long: a server that is restarted every few minutes
does it too, and by then it answers.
"""
STOP_SECONDS = 10.0
"""How long a stop waits for a last round; a database that is away is given up sooner."""


class Rounds:
    """Does ``work`` every ``seconds`` in a thread of its own; a failure is logged, and not the end.

    The thread is a daemon: it keeps no process alive. It belongs to the process that called
    ``start``, since threads do not survive a fork; a child may start its own.

    Args:
        name: what the work is called in logs.
        work: may use the database; its connection is given back after each round.
        first: when the first round comes, after the start; else after ``seconds``.
        last: whether ``stop`` has the work done once more.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        *,
        seconds: float,
        first: float | None = None,
        last: bool = False,
    ) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._first = seconds if first is None else first
        self._last = last
        self._owner: int | None = None
        self._thread: threading.Thread
        self._ended: threading.Event

    @property
    def is_running(self) -> bool:
        """Whether this process does them."""
        return self._owner == os.getpid() and self._thread.is_alive()

    def start(self) -> None:
        """Begin; in a thread of this process."""
        if self.is_running:
            return
        self._owner, self._ended = os.getpid(), threading.Event()
        name = f"wardkey-{self._name.replace(' ', '-')}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; wait for the last round, if there is one.

        What else runs is left alone: it ends with the process, and its transaction is undone.
        """
        if self.is_running:
            self._ended.set()
            if self._last:
                self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        pause = self._first
        while not self._ended.wait(pause):
            self.work_once()
            pause = self._seconds
        if self._last:
            self.work_once()

    def work_once(self) -> None:
        """Do the work here and now."""
        try:
            self._work()
        except Exception:
            logger.exception("%s failed", self._name)
        finally:
            connection.close()


FORWARD_KEYS = Rounds("forward keys", keep_keys, seconds=2)
"""More often than they are read: where that has failed, it is tried again soon."""
ROUNDS = (
    Rounds("last use", write_notes, seconds=60, last=True),
    Rounds("moves to the first key", write_moves, seconds=10, last=True),
    Rounds("stashed secrets", forget_unread, seconds=60, first=SOON_SECONDS),
    FORWARD_KEYS,
    # More often than it is done: whichever worker asks first after an hour does it.
    Rounds("clean up", clean_up_if_due, seconds=300, first=SOON_SECONDS),
)


def start_rounds() -> None:
    """Begin all rounds, in the process that serves.

    Waits for the keys of signed identities, as long as a request waits for the database: a worker
    that begins long after its parent holds keys that are too old, and good tokens would be 503.
    """
    copy_context().run(_read_keys)
    for rounds in ROUNDS:
        rounds.start()


def stop_rounds() -> None:
    """End all rounds; notes of last use are written."""
    for rounds in ROUNDS:
        rounds.stop()


def _read_keys() -> None:
    start_waiting()
    FORWARD_KEYS.work_once()
