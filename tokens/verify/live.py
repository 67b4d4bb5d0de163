"""LiveVerifier: verdicts on the event loop, from memory under a lease or by batched reads.

The promise (``docs/decisions/0013``): no verify that starts after the answer to a revoke was
received succeeds. Rules stand where they are kept, by their numbers there.
"""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from accounts.epoch import LEASE_SECONDS
from tokens.verify.asked import Asked
from tokens.verify.clock import boot_seconds
from tokens.verify.key_moves import note_move
from tokens.verify.lines import Lines
from tokens.verify.memory import Kept, Memory
from tokens.verify.snapshot import CallFacts
from tokens.verify.statements import Epoch, Found, Tokens, epoch_of, found_in
from tokens.verify.tally import Tally
from tokens.verify.usage import note_use
from tokens.verify.verdict import Reason, Verdict, judge
from tokens.verify.waiter import NoVerdict, Waiter

logger = logging.getLogger("wardkey.verify")

BATCH = 256
"""Digests of one read."""
MOST_WAITING = 4_096
"""Verifies that wait for the database; more are refused at once."""
DEADLINE_SECONDS = 1.0
"""How long a verify may take as a whole."""
POLL_SECONDS = LEASE_SECONDS / 4
REOPEN_SECONDS = 0.1
"""How often a connection is tried, at most."""
SWEEP_SECONDS = 0.05

NOTHING_ASKED = CallFacts()


class LiveVerifier:
    """What one process keeps and asks; used on one event loop.

    Rule 11: memory, connections and loop belong to the process that first asks, and are not
    inherited over fork.

    Args:
        open_lines: connects to the database.
    """

    def __init__(self, open_lines: Callable[[], Awaitable[Lines]]) -> None:
        self._open_lines = open_lines
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._is_begun = False
        self.tally = Tally()
        self.memory = Memory()
        self._lines: Lines | None = None
        self._opening: asyncio.Task[None] | None = None
        self._opened_at = float("-inf")
        self._waiting: deque[Waiter] = deque()
        self._batch: list[Waiter] = []
        self._sent_at = float("-inf")
        self._polled_at: float | None = None
        self._is_asked = self._is_due = self._is_lost = False
        self._ticker: asyncio.TimerHandle | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def kept(self, digest: bytes, now: float) -> Kept | None:
        """Return the good token of ``digest`` if it may be used without asking the database.

        Args:
            now: by ``boot_seconds``, read after the request was there and understood (rule 2).
        """
        self._is_asked = True
        return self.memory.usable(digest, now)

    async def verify(self, digests: Sequence[bytes], facts: CallFacts, asked: Asked) -> Verdict:
        """Return the verdict on a token, read from the database now.

        Args:
            digests: the token's under each server key, the first key's first.
            asked: who presents the token; noted with its use.

        Raises:
            NoVerdict: within ``DEADLINE_SECONDS``.
        """
        found = await self._read_in_batch(digests)
        if found is None:
            return Verdict(Reason.UNKNOWN)
        verdict = judge(found.snapshot, facts, found.read_at)
        note_use(found.snapshot.token_id.int, verdict.reason, boot_seconds(), asked)
        if verdict.reason in {Reason.GOOD, Reason.SCOPE_MISSING}:
            note_move(found.snapshot, digests[0])
        return verdict

    async def _read_in_batch(self, digests: Sequence[bytes]) -> Found | None:
        """Read the token that has one of ``digests`` in a statement that is not sent yet (rule 4).

        Raises:
            NoVerdict: within ``DEADLINE_SECONDS``.
        """
        if not self._is_begun:
            self._is_begun, self._loop = True, asyncio.get_running_loop()
        if len(self._waiting) >= MOST_WAITING:
            raise NoVerdict
        waiter = Waiter(digests, boot_seconds() + DEADLINE_SECONDS, self._loop)
        self._waiting.append(waiter)
        self._is_asked = True
        if not self._batch and not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._send)  # what arrives in this turn of the loop goes along
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(SWEEP_SECONDS, self._sweep)
        if self._ticker is None:
            self._ticker = self._loop.call_later(POLL_SECONDS, self._tick)
        return await waiter.future

    def close(self) -> None:
        """Cut the connections; called on the loop, or when it has ended."""
        for timer in (self._ticker, self._sweeper):
            if timer is not None:
                timer.cancel()
        self.tally.write()
        self._lose(self._lines)

    # Reading

    def _send(self) -> None:
        self._is_due = False
        if self._batch or not self._waiting:
            return
        if self._lines is not None and self._lines.are_lost:
            self._leave()  # while nobody asked, so nobody need hear of it
        if self._lines is None:
            self._open()
            return
        batch, count = [], 0
        while self._waiting and count + len(self._waiting[0].digests) <= BATCH:
            waiter = self._waiting.popleft()
            if not waiter.future.done():
                batch.append(waiter)
                count += len(waiter.digests)
        if batch:
            self._batch, self._sent_at = batch, boot_seconds()
            self._run(self._read(self._lines, batch))

    async def _read(self, lines: Lines, batch: list[Waiter]) -> None:
        t0, asked_at = boot_seconds(), datetime.now(UTC)  # before the statement (rule 2)
        digests = [digest for waiter in batch for digest in waiter.digests]
        try:
            rows = await lines.read(digests)
            epoch, found = epoch_of(rows), found_in(rows, asked_at)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no verdict
            self._lose(lines, error)
            return
        if lines is not self._lines:
            return  # cut meanwhile: its verifies are answered
        self.tally.read(len(digests), boot_seconds() - t0)
        self._settle(batch, t0, epoch, found)
        self._batch = []
        self._send()

    def _settle(self, batch: list[Waiter], t0: float, epoch: Epoch, found: Tokens) -> None:
        """Keep what may be kept, and answer: one step, with nothing in between (rule 5)."""
        if self.memory.renew(t0, epoch):
            for digest, one in found.items():
                if judge(one.snapshot, NOTHING_ASKED, one.read_at).reason is Reason.GOOD:
                    self.memory.keep(digest, one, t0)  # good ones alone (rule 10)
        else:
            self._poll()
        for waiter in batch:
            waiter.tell(found)

    # Polling

    def _tick(self) -> None:
        """Poll while somebody asks; a process that is left alone lets its lease run out."""
        now = boot_seconds()
        self.tally.write_soon()
        if not self._is_asked and not self.memory.holds_lease(now):
            self._ticker = None
            return
        self._ticker = self._loop.call_later(POLL_SECONDS, self._tick)
        if self._polled_at is not None and now - self._polled_at >= DEADLINE_SECONDS:
            self._lose(self._lines, TimeoutError())
        self.memory.forget_ended(now)
        if self._is_asked:
            self._is_asked = False
            self.tally.saw(len(self.memory), now - self.memory.t0)
            self._poll()

    def _poll(self) -> None:
        if self._lines is not None and self._polled_at is None and self.memory.epoch is not None:
            self._polled_at = boot_seconds()  # t0, before the statement (rule 2)
            self._run(self._apply(self._lines, self._polled_at, self.memory.epoch.n))

    async def _apply(self, lines: Lines, t0: float, since: int) -> None:
        try:
            rows = await lines.poll(since)
            epoch = epoch_of(rows)
        except Exception as error:  # noqa: BLE001 - whatever it is, the lease is not renewed
            self._lose(lines, error)
            return
        if lines is self._lines:
            self._polled_at = None
            self.tally.polled(boot_seconds() - t0)
            entries = [row[2:] for row in rows if row[2] is not None]
            self.memory.apply(t0, epoch, entries)

    # Connections

    def _open(self) -> None:
        if self._opening is not None:
            return
        wait = self._opened_at + REOPEN_SECONDS - boot_seconds()
        self._opening = self._run(self._connect(max(0.0, wait)))

    async def _connect(self, wait: float) -> None:
        await asyncio.sleep(wait)
        self._opened_at = boot_seconds()
        try:
            lines = await self._open_lines()
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no verdict
            self._opening = None
            self._lose(None, error)
            return
        self._opening = None
        # What was read over another connection may be another history (rule 6).
        self.memory.clear()
        self._lines = lines
        if self._is_lost:
            logger.warning("verdicts again: the database is back")
        self._is_lost = False
        self._send()

    def _lose(self, lines: Lines | None, error: Exception | None = None) -> None:
        """Drop the connections, the memory, and whoever waits for them."""
        if lines is not self._lines:
            return  # lost already
        if error is not None and not self._is_lost:
            logger.warning("no verdicts without the database: %s", error)
        self._is_lost = error is not None
        self._leave()
        waiting = [*self._batch, *self._waiting]
        self._batch = []
        self._waiting.clear()
        for waiter in waiting:
            waiter.refuse()

    def _leave(self) -> None:
        """Drop the connections and the memory, which is of their history."""
        lines, self._lines, self._polled_at = self._lines, None, None
        self.memory.clear()
        if lines is not None:
            lines.cut()

    def _sweep(self) -> None:
        """Refuse who has waited too long, and cut what does not answer (rule 14).

        A read may have in it who waited for others first; what answers late is not cut for that.
        """
        self._sweeper = None
        now = boot_seconds()
        if self._batch and now - self._sent_at >= DEADLINE_SECONDS:
            self._lose(self._lines, TimeoutError())
        for waiter in self._batch:
            if now >= waiter.deadline:
                waiter.refuse()
        while self._waiting and now >= self._waiting[0].deadline:
            self._waiting.popleft().refuse()
        if self._batch or self._waiting:
            self._sweeper = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
