"""The threads that Django runs on: a fixed number, with a bounded queue before them."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

logger = logging.getLogger("wardkey.server")

T = TypeVar("T")

THREADS = 4
"""Measured: with 8 verify waited longer for the interpreter, and REST gained nothing."""
WAITING = 256
"""Requests that may wait for a thread, in one process; more are turned away at once."""


class NoRoom(Exception):
    """All threads are taken and as many requests as may wait for one do so already."""


class TooLate(Exception):
    """The work was not done in time."""


class ThreadRoom:
    """A pool of ``threads`` threads in which at most ``waiting`` more things wait their turn.

    The threads are made at first use and belong to the process that uses them first: threads
    do not survive a fork, so a child makes its own.
    """

    def __init__(self, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._threads = threads
        self._waiting = waiting
        self._owner: int | None = None
        self._executor: ThreadPoolExecutor
        self._free: threading.BoundedSemaphore

    async def run(
        self,
        work: Callable[[], T],
        *,
        seconds: float,
        late: Callable[[T | None], object] | None = None,
        admitted: bool = False,
    ) -> T:
        """Run ``work`` in a thread and return what it returns.

        ``late`` is called in a thread once work that missed its deadline has ended, with what
        it returned, or None if it failed or never began. Work that is ``admitted`` belongs to
        a request that was let in before, and is not turned away.

        Raises:
            NoRoom: at once, when too many wait already.
            TooLate: after ``seconds``. Work that still waited is dropped; work that runs
                goes on, and keeps its place until it ends.
        """
        future = self._submit(work, admitted=admitted)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            if not limit.expired():
                raise  # the work's own
            if late is not None:
                future.add_done_callback(lambda done: self._hand_over(done, late))
            raise TooLate from error

    def close(self) -> None:
        """Wait until all that runs or waits has ended; nothing is taken in any more."""
        if self._owner == os.getpid():
            self._executor.shutdown(wait=True)

    def _submit(self, work: Callable[[], T], *, admitted: bool) -> Future[T]:
        if self._owner != os.getpid():
            self._open()
        free = self._free
        if not admitted and not free.acquire(blocking=False):
            raise NoRoom
        try:
            future = self._executor.submit(work)
        except RuntimeError as error:  # it was closed: the process is about to end
            raise NoRoom from error
        if not admitted:
            future.add_done_callback(lambda _: free.release())
        return future

    def _hand_over(self, done: Future[T], late: Callable[[T | None], object]) -> None:
        """Give what came too late to ``late``; runs in the thread of the work, if it ran."""
        if done.cancelled():
            self._submit(lambda: late(None), admitted=True)
            return
        if error := done.exception():
            logger.error("work that missed its deadline failed", exc_info=error)
        late(None if error else done.result())

    def _open(self) -> None:
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="wardkey-")
        self._free = threading.BoundedSemaphore(self._threads + self._waiting)
        self._owner = os.getpid()
