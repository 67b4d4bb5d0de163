"""Where a replica is read, nothing is said to be done that the replica may not have."""

import contextlib
import threading
from collections.abc import Iterator

import psycopg
import pytest

from config.bounded import BoundedConnection, NotReplicated
from tests.faults.cluster import Cluster
from tests.faults.replica import NAME, Replica, configure, primary_and_replica, wait_for_sync

pytestmark = pytest.mark.fault

WAITED_FOR = {
    "synchronous_standby_names": f"FIRST 1 ({NAME})",
    "synchronous_commit": "remote_apply",
}


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Cluster, Replica]]:
    """A primary that waits for its replica."""
    with primary_and_replica() as (primary, replica):
        configure(primary, **WAITED_FOR)
        wait_for_sync(primary)
        yield primary, replica


def test_a_commit_whose_wait_was_cancelled_is_not_called_done(
    pair: tuple[Cluster, Replica],
) -> None:
    primary, replica = pair
    with BoundedConnection.connect(primary.url) as writer:
        writer.execute("CREATE TABLE written (n int)")
        writer.commit()
        writer.execute("INSERT INTO written VALUES (1)")
        with replica.frozen(), cancelled(primary, writer), pytest.raises(NotReplicated):
            writer.commit()
        writer.execute("INSERT INTO written VALUES (2)")
        writer.commit()
    with psycopg.connect(replica.url) as reader:
        assert reader.execute("SELECT n FROM written ORDER BY n").fetchall() == [(1,), (2,)]


@contextlib.contextmanager
def cancelled(primary: Cluster, writer: BoundedConnection) -> Iterator[None]:
    """Have the primary told, once it waits for its replica, that ``writer`` waits no more."""
    waits = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = %s"
    waits += " AND wait_event = 'SyncRep'"
    pid, over = writer.info.backend_pid, threading.Event()

    def cancel() -> None:
        with psycopg.connect(primary.url, autocommit=True) as operator:
            while operator.execute(waits, [pid]).fetchone() is None and not over.wait(0.05):
                pass

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
