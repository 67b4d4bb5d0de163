"""Memory: good tokens that a process keeps, and the lease by which it may use them.

The state of the protocol and its rules; it asks nobody, and waits for nothing. The rules are
those of ``docs/decisions/0013``; ``tests/verify/model.py`` searches them in every order.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from accounts.epoch import LEASE_SECONDS
from tokens.verify.snapshot import Packed, TokenSnapshot
from tokens.verify.statements import Epoch, Found

MOST_KEPT = 200_000
KEPT_SECONDS = 60.0
MOST_DROPPED = 1_000
"""Tokens that are dropped at a time, so that nobody waits for it."""
MOST_ENTRIES = 5_000
"""Entries that are read one by one after a pause; more are not worth it, and clear."""


Kept = tuple[float, Any, float, tuple[bytes, ...], *Packed]
"""A good token in memory: the end of its time here; what the gate has made of it, the head of an
answer, and until when that may be told; the queries that it was found to hold; its snapshot.

One flat tuple of plain values is nothing that Python's garbage collector has to look at. Of 200,000
objects with attributes each full collection stopped the process for 0.4 s (measured), longer than
the lease.
"""
END: Final = 0
ANSWER: Final = 1
TOLD_UNTIL: Final = 2
GRANTED: Final = 3
TOKEN: Final = 4
ACCOUNT: Final = 6


def snapshot_of(kept: Kept) -> TokenSnapshot:
    """Return the snapshot of a kept token."""
    return TokenSnapshot.unpacked(kept[4:])


def with_answer(kept: Kept, answer: Any, told_until: float) -> Kept:
    """Return ``kept`` with what the gate has made of it."""
    return (kept[END], answer, told_until, *kept[3:])


def granting(kept: Kept, query: bytes) -> Kept:
    """Return ``kept`` with a query that it was found to hold."""
    return (*kept[:3], (*kept[GRANTED], query), *kept[4:])


class Memory:
    """Kept tokens by digest, the epoch that is applied to them, and since when it holds.

    "As of ``t0`` everything up to ``epoch`` is applied." Moments are seconds of
    ``clock.boot_seconds``.
    """

    def __init__(self) -> None:
        self.epoch: Epoch | None = None
        self.t0 = float("-inf")
        # In a dict, each that goes at the front leaves a gap that the next look there steps over.
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._of_account: dict[int, set[bytes]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def usable(self, digest: bytes, now: float) -> Kept | None:
        """Return what may be used at ``now``, a moment read after the request was there."""
        kept = self._kept.get(digest)
        if kept is None or now - self.t0 >= LEASE_SECONDS or now >= kept[END]:
            return None
        return kept

    def holds_lease(self, now: float) -> bool:
        """Say whether anything may be used at ``now``."""
        return now - self.t0 < LEASE_SECONDS

    def renew(self, t0: float, epoch: Epoch) -> bool:
        """Take note of a read sent at ``t0`` that was of ``epoch``; say whether its rows may stay.

        They may if nothing happened between what is applied and the read. Of a later epoch they
        answer once: what lies between is applied by a poll, whole. An earlier one is a history
        that was left.
        """
        if self.epoch is None:
            self.epoch = epoch  # nothing is kept yet, so nothing can be missed
        elif epoch != self.epoch:
            return False
        self.t0 = max(self.t0, t0)
        return True

    def apply(self, t0: float, epoch: Epoch, entries: Sequence[Sequence[Any]]) -> None:
        """Apply a poll that was sent at ``t0``: first forget, then move on.

        Args:
            entries: rows (n, mark, digest, account id) from the applied epoch on, in order.
        """
        if self.epoch is not None and is_whole(self.epoch, epoch, entries):
            for n, _, digest, account_id in entries:
                if n > self.epoch.n:
                    self._forget(digest, account_id)
        else:
            self.clear()
        self.epoch = epoch
        self.t0 = t0

    def keep(self, digest: bytes, found: Found, t0: float) -> None:
        """Keep a good token that was read by a statement sent at ``t0``."""
        self._drop(digest)
        while len(self._kept) >= MOST_KEPT:
            self._drop(next(iter(self._kept)))
        end = t0 + seconds_left(found.snapshot, found.read_at)
        kept: Kept = (end, None, 0.0, (), *found.snapshot.packed())
        self._kept[digest] = kept
        self._of_account.setdefault(kept[ACCOUNT], set()).add(digest)

    def note(self, digest: bytes, kept: Kept) -> None:
        """Keep what was made of a token that ``usable`` has just given."""
        self._kept[digest] = kept

    def clear(self) -> None:
        """Forget everything, and hold no lease."""
        self._kept.clear()
        self._of_account.clear()
        self.epoch = None
        self.t0 = float("-inf")

    def forget_ended(self, now: float) -> None:
        """Drop what may not be used any more, from the oldest on; some of it, if it is much."""
        for _ in range(MOST_DROPPED):
            digest = next(iter(self._kept), None)
            if digest is None or now < self._kept[digest][END]:
                return
            self._drop(digest)

    def _forget(self, digest: bytes | None, account_id: Any) -> None:
        if digest is not None:
            self._drop(bytes(digest))
        elif account_id is not None:
            account = account_id if isinstance(account_id, UUID) else UUID(account_id)
            for each in self._of_account.pop(account.int, ()):
                self._kept.pop(each, None)
        else:
            self._kept.clear()
            self._of_account.clear()

    def _drop(self, digest: bytes) -> None:
        kept = self._kept.pop(digest, None)
        if kept is None:
            return
        account = kept[ACCOUNT]
        others = self._of_account[account]
        others.discard(digest)
        if not others:
            del self._of_account[account]


def is_whole(applied: Epoch, newest: Epoch, entries: Sequence[Sequence[Any]]) -> bool:
    """Say whether ``entries`` are all from ``applied`` to ``newest``, in one history.

    As many as are read at most may be cut off within the newest epoch, which can have thousands.
    """
    if len(entries) >= MOST_ENTRIES:
        return False
    if not entries or (entries[0][0], entries[0][1]) != applied:
        return False
    if (entries[-1][0], entries[-1][1]) != newest:
        return False
    return all(later[0] - earlier[0] in {0, 1} for earlier, later in pairwise(entries))


def seconds_left(snapshot: TokenSnapshot, read_at: datetime) -> float:
    """Return for how long it may be kept, counted from ``read_at``: never past its end."""
    if snapshot.expires_at is None:
        return KEPT_SECONDS
    return min(KEPT_SECONDS, (snapshot.expires_at - read_at).total_seconds())
