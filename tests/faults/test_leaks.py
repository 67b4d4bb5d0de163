"""A worker holds no more for many verifies, and for a database that was lost meanwhile."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.faults.watch import Watch
from tests.races.conftest import Field
from tests.races.verifying import Account, drive, request_for
from tokens.secret import TokenSecret

pytestmark = pytest.mark.fault

FIRST, AS_MANY_AS = 25_000, 100_000
UNKNOWN = 2_000
OUTAGES, OUTAGE_SECONDS = 3, 1.5
QUIET_SECONDS = 3.0
MORE_MEMORY = 1.1
"""Times what there was: room for what an allocator does."""
MORE_FILES = 4
"""Connections of Django's pool, which come and go."""


@dataclass(frozen=True)
class Held:
    """What a process holds."""

    kilobytes: int
    files: int
    threads: int


def held_by(pid: int) -> Held:
    """Return what the kernel says that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Held(int(told["VmRSS"].split()[0]), files, int(told["Threads"]))


def requests_of(watch: Watch, port: int) -> list[bytes]:
    """Return many questions: about a known token, and ever others that nobody has."""
    known = watch.requests * (UNKNOWN // len(watch.requests))
    unknown = [request_for(str(TokenSecret.mint()), port) for _ in range(UNKNOWN)]
    mixed = known + unknown
    random.shuffle(mixed)
    return mixed


@contextmanager
def asked(requests: list[bytes], port: int) -> Iterator[Callable[[], int]]:
    """Ask during the block; gives what tells how often a verdict was given."""
    account, over, turns = Account(), threading.Event(), itertools.cycle(range(len(requests)))
    words = (port, requests, lambda: next(turns), over.is_set, account)
    thread = threading.Thread(target=drive, args=words)

    def verdicts() -> int:
        assert thread.is_alive(), "nobody asks any more"
        return sum(one.status in {200, 401} for one in list(account))

    thread.start()
    try:
        yield verdicts
    finally:
        over.set()
        thread.join()


def ask_for(many: int, requests: list[bytes], cluster: Cluster, port: int) -> None:
    """Ask so often, and let the database stand still meanwhile."""
    with asked(requests, port) as verdicts:
        for number in range(1, OUTAGES + 1):
            while verdicts() < many * number / (OUTAGES + 1):
                time.sleep(0.5)
            with cluster.frozen():
                time.sleep(OUTAGE_SECONDS)
        while verdicts() < many:
            time.sleep(0.5)
    time.sleep(QUIET_SECONDS)


def test_nothing_is_held_for_what_is_over(cluster: Cluster, cluster_field: Field) -> None:
    port, pids = cluster_field.at.port, cluster_field.at.workers()
    requests = requests_of(Watch(cluster_field), port)
    ask_for(FIRST, requests, cluster, port)
    before = [held_by(pid) for pid in pids]
    ask_for(AS_MANY_AS, requests, cluster, port)
    after = [held_by(pid) for pid in pids]
    assert cluster_field.at.workers() == pids
    for early, late in zip(before, after, strict=True):
        assert late.kilobytes < early.kilobytes * MORE_MEMORY, (early, late)
        assert late.files <= early.files + MORE_FILES, (early, late)
        assert late.threads <= early.threads + MORE_FILES, (early, late)
