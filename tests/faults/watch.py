"""Gateways that ask without a pause while something is broken, and what they may be told."""

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.epoch import LEASE_SECONDS
from tests.races.conftest import Field
from tests.races.verifying import Account, Verdict, drive, request_for
from tests.server.conftest import wait_until
from tokens.secret import TokenSecret
from tokens.verify.live import DEADLINE_SECONDS

KNOWN, REVOKED, UNKNOWN, MALFORMED = range(4)
"""What is asked for: by the number of the token in a verdict."""
WHEN_WELL = {KNOWN: 200, REVOKED: 401, UNKNOWN: 401, MALFORMED: 401}
TIMES_THE_DEADLINE = 2
"""Within how many deadlines whatever is asked is answered on a busy machine."""
WELL_WITHIN_SECONDS = 2.0
SETTLE_SECONDS = 0.5


@dataclass
class Outage:
    """Since when nothing can be read, until when at least, and since when it can again.

    It begins to happen at ``begun``, after which some can be read and some cannot.
    """

    begun: float = 0.0
    away: float = 0.0
    until: float = 0.0
    back: float = 0.0

    @contextlib.contextmanager
    def lasting(self) -> Iterator[None]:
        """Mark the block, which the outage outlasts."""
        self.away = time.monotonic()
        yield
        self.until = time.monotonic()


class Watch:
    """Connections that ask for one token after the other, over and over, in a thread."""

    def __init__(self, field: Field) -> None:
        address = f"/service-accounts/{field.account()}/tokens"
        with field.client() as client:
            secrets = [
                str(client.post(address, json={"name": slug, "slug": slug}).json()["token"])
                for slug in ("known", "revoked")
            ]
            client.delete(f"{address}/revoked").raise_for_status()
        secrets += [str(TokenSecret.mint()), f"{TokenSecret.mint()}!"]
        self._port = field.at.port
        self.requests = [request_for(secret, self._port) for secret in secrets]
        self._over = threading.Event()
        self.account = Account()
        self._thread = threading.Thread(target=self._run)

    def begin(self) -> None:
        """Ask."""
        self._thread.start()

    def end(self) -> None:
        """Ask no more."""
        self._over.set()
        self._thread.join()

    def answered_since(self, moment: float) -> set[int]:
        """Return what was asked for since ``moment`` and answered as it should be."""
        verdicts = list(self.account)
        since = (one for one in verdicts if one.started > moment)
        return {one.token for one in since if one.status == WHEN_WELL[one.token]}

    def _run(self) -> None:
        turns = itertools.cycle(range(len(self.requests)))
        drive(self._port, self.requests, lambda: next(turns), self._over.is_set, self.account)


@contextlib.contextmanager
def watched(field: Field) -> Iterator[Outage]:
    """Ask all the time; the block says in the outage what it did, and all is well after it.

    No worker ends for it.
    """
    watch, outage, workers = Watch(field), Outage(), field.at.workers()
    watch.begin()
    try:
        wait_until(lambda: watch.answered_since(0) == set(WHEN_WELL))
        outage.begun = time.monotonic()
        yield outage
        time.sleep(WELL_WITHIN_SECONDS + SETTLE_SECONDS)
    finally:
        watch.end()
    assert field.at.workers() == workers
    check_outage(list(watch.account), outage)


def check_outage(verdicts: list[Verdict], outage: Outage) -> None:
    """Fail unless there was no verdict without the database, and 503 in time in its place."""
    before = [one for one in verdicts if one.ended < outage.begun]
    within = [one for one in verdicts if outage.away < one.started and one.ended < outage.until]
    after = [one for one in verdicts if one.started > outage.back + WELL_WITHIN_SECONDS]
    for calm in (before, after):
        assert {one.token for one in calm} == set(WHEN_WELL), "not all was asked"
        strange = [one for one in calm if one.status != WHEN_WELL[one.token]]
        assert not strange, strange[:3]
    for one in verdicts:
        assert one.status in {WHEN_WELL[one.token], 503}, one
    for one in within:
        assert one.status in told_without(one, outage), (one, outage)
    assert Counter(one.status for one in within)[503], "nothing was refused: nothing was broken"
    crossing = [one for one in verdicts if outage.away < one.started < outage.until]
    slowest = max(crossing, key=lambda one: min(one.ended, outage.until) - one.started)
    assert min(slowest.ended, outage.until) - slowest.started < (
        DEADLINE_SECONDS * TIMES_THE_DEADLINE
    ), slowest


def told_without(verdict: Verdict, outage: Outage) -> set[int]:
    """Return what a question may be told that began and ended while nothing could be read."""
    if verdict.token == MALFORMED:
        return {401}
    if verdict.token == KNOWN and verdict.started < outage.away + LEASE_SECONDS:
        return {200, 503}
    return {503}
