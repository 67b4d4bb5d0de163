"""Tally: what the gate counts, as plain numbers; told to ``accounts/counters.py`` once a second.

prometheus-client takes a lock and writes to a file for every count: 6 us, a fifth of a verify. A
process that is killed loses the counts of its last second.
"""

import asyncio
from bisect import bisect_left
from collections import Counter

from accounts.counters import HISTOGRAMS, add, observe_many, put
from tokens.verify.verdict import Reason

WRITE_SECONDS = 1.0


class Heap:
    """Values of one histogram, by bucket."""

    __slots__ = ("_bounds", "_counts", "_name", "_total", "_value")

    def __init__(self, name: str, value: str = "") -> None:
        self._name, self._value = name, value
        self._bounds = HISTOGRAMS[name].bounds
        self._empty()

    def _empty(self) -> None:
        self._counts, self._total = [0] * (len(self._bounds) + 1), 0.0

    def note(self, amount: float) -> None:
        """Note one value."""
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._total += amount

    def write(self) -> None:
        """Tell what was noted, if anything was, and begin anew."""
        if any(self._counts):
            observe_many(self._name, self._value, self._counts, self._total)
            self._empty()


class Tally:
    """The counts of one process since they were last written; used on one event loop.

    ``hits`` are good verdicts from memory: whoever gives one adds it here himself.
    """

    __slots__ = (
        "_batches",
        "_due",
        "_kept",
        "_lag",
        "_polls",
        "_reads",
        "_unanswered",
        "_verdicts",
        "hits",
    )

    def __init__(self) -> None:
        self.hits = 0
        self._unanswered = 0
        self._verdicts: Counter[Reason] = Counter()
        self._batches = Heap("wardkey_batch_digests")
        self._reads = Heap("wardkey_verify_database_seconds", "read")
        self._polls = Heap("wardkey_verify_database_seconds", "poll")
        self._kept, self._lag = 0, 0.0
        self._due: asyncio.TimerHandle | None = None

    def judged(self, reason: Reason) -> None:
        """Count a verdict that did not come from memory."""
        self._verdicts[reason] += 1
        self.write_soon()

    def unanswered(self) -> None:
        """Count a verify that found no verdict."""
        self._unanswered += 1
        self.write_soon()

    def read(self, digests: int, seconds: float) -> None:
        """Note a batch that the database has answered."""
        self._batches.note(digests)
        self._reads.note(seconds)

    def polled(self, seconds: float) -> None:
        """Note a poll that the database has answered."""
        self._polls.note(seconds)

    def saw(self, kept: int, lag: float) -> None:
        """Note how many tokens are in memory, and how long ago their epoch was true.

        Args:
            lag: infinite without an epoch; then the last one that was known stands.
        """
        self._kept = kept
        if lag != float("inf"):
            self._lag = max(self._lag, lag)

    def write_soon(self) -> None:
        """Have it written within ``WRITE_SECONDS``; called on the loop."""
        if self._due is None:
            loop = asyncio.get_running_loop()
            self._due = loop.call_later(WRITE_SECONDS, self._write_now)

    def _write_now(self) -> None:
        self._due = None
        if self._lag:
            self.write_soon()  # nobody may ask any more; then nothing lags
        self.write()

    def write(self) -> None:
        """Tell all of it, and begin anew."""
        read, text = self._verdicts.total(), self._verdicts[Reason.MALFORMED]
        sources = (self.hits, read - text, text, self._unanswered)
        for source, amount in zip(("memory", "database", "text", "nothing"), sources, strict=True):
            if amount:
                add("wardkey_gate_answers", source, amount)
        self._verdicts[Reason.GOOD] += self.hits
        for reason, amount in self._verdicts.items():
            if amount:
                add("wardkey_verdicts", reason, amount)
        for heap in (self._batches, self._reads, self._polls):
            heap.write()
        put("wardkey_kept_tokens", self._kept)
        put("wardkey_epoch_lag_seconds", self._lag)
        self.hits = self._unanswered = 0
        self._verdicts.clear()
        self._lag = 0.0
