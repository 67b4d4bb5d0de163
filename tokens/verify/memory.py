"""Memory: good tokens that a process keeps, and the lease by which it may use them.

The state of the protocol and its rules; it asks nobody, and waits for nothing. The rules are
those of ``docs/decisions/0013``; ``tests/verify/model.py`` searches them in every order.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from accounts.epoch import LEASE_SECONDS
from tokens.verify.snapshot import TokenSnapshot
from tokens.verify.statements import Epoch, Found

MOST_KEPT = 200_000
KEPT_SECONDS = 60.0
MOST_DROPPED = 1_000
"""Tokens that are dropped at a time, so that nobody waits for it."""
MOST_ENTRIES = 5_000
"""Entries that are read one by one after a pause; more are not worth it, and clear."""


class Kept:
    """A good token in memory.

    ``answer`` is what a door has made of it, and ``granted`` what it was found to hold (each door
    in its own form): made once, and gone with it.
    """

    __slots__ = ("account_id", "answer", "end", "granted", "snapshot", "token_id")

    def __init__(self, snapshot: TokenSnapshot, end: float) -> None:
        self.snapshot = snapshot
        self.token_id, self.account_id = snapshot.token_id, snapshot.account_id
        self.end = end
        self.answer: Any = None
        self.granted: set[bytes] = set()


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
        self._of_account: dict[UUID, set[bytes]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def usable(self, digest: bytes, now: float) -> Kept | None:
        """Return what may be used at ``now``, a moment read after the request was there."""
        kept = self._kept.get(digest)
        if kept is None or now - self.t0 >= LEASE_SECONDS or now >= kept.end:
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

    def keep(self, digest: bytes, found: Found, t0: float) -> Kept:
        """Keep a good token that was read by a statement sent at ``t0``."""
        self._drop(digest)
        while len(self._kept) >= MOST_KEPT:
            self._drop(next(iter(self._kept)))
        kept = Kept(found.snapshot, t0 + seconds_left(found.snapshot, found.read_at))
        self._kept[digest] = kept
        self._of_account.setdefault(kept.account_id, set()).add(digest)
        return kept

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
            if digest is None or now < self._kept[digest].end:
                return
            self._drop(digest)

    def _forget(self, digest: bytes | None, account_id: Any) -> None:
        if digest is not None:
            self._drop(bytes(digest))
        elif account_id is not None:
            account = account_id if isinstance(account_id, UUID) else UUID(account_id)
            for each in self._of_account.pop(account, ()):
                self._kept.pop(each, None)
        else:
            self._kept.clear()
            self._of_account.clear()

    def _drop(self, digest: bytes) -> None:
        kept = self._kept.pop(digest, None)
        if kept is None:
            return
        others = self._of_account[kept.account_id]
        others.discard(digest)
        if not others:
            del self._of_account[kept.account_id]


def is_whole(applied: Epoch, newest: Epoch, entries: Sequence[Sequence[Any]]) -> bool:
    """Say whether ``entries`` lead from ``applied`` to ``newest`` without a gap, in one history."""
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
