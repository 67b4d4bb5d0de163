"""Where a replica is read, nothing is said to be done that the replica may not have."""

import contextlib
import random
import threading
from collections.abc import Iterator

import psycopg
import pytest

from config.bounded import BoundedConnection, NotReplicated
from config.operations.replicas import is_waited_for
from tests.faults.cluster import Cluster
from tests.faults.replica import NAME, Replica, configure, primary_and_replica, wait_for_sync
from tests.races.arena import Arena
from tests.races.outcome import check_raced
from tests.servers import Installation, free_port

pytestmark = pytest.mark.fault

WAITED_FOR = {
    "synchronous_standby_names": f"FIRST 1 ({NAME})",
    "synchronous_commit": "remote_apply",
}


ALONE = {"synchronous_standby_names": "", "synchronous_commit": "on"}
NOT_WAITED_FOR = {"synchronous_commit": "local"}
SECONDS = 6.0


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


@pytest.mark.parametrize(
    ("names", "waited"),
    [
        ("FIRST 1 (one)", True),
        ("first 2 (two, one)", True),
        ("ANY 2 (two, one)", True),
        ('2 ("One", two)', True),
        ("one", True),
        ("FIRST 1 (two, one)", False),
        ("FIRST 1 (one, two)", False),
        ("one, two", False),
        ("ANY 1 (one, two)", False),
        ("FIRST 1 (two)", False),
        ("FIRST 2 (one, *)", False),
        ("*", False),
        ("", False),
    ],
)
def test_only_of_all_that_are_waited_for_it_is_sure(names: str, waited: bool) -> None:
    assert is_waited_for("one", names) is waited
    assert not is_waited_for("", names)


@pytest.fixture(scope="module")
def arena(
    pair: tuple[Cluster, Replica], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    """Two servers that write to the primary and verify from its replica, which is behind.

    So far behind that without the wait of every COMMIT for it the wait after a loss is too short.
    """
    primary, replica = pair
    configure(primary, **ALONE)
    at = Installation(tmp_path_factory.mktemp("replica"), primary.url, free_port())
    found = Arena(at, random.randrange(1_000_000))
    found.prepare()
    found.read_url = replica.url
    configure(primary, **WAITED_FOR)
    configure(replica, recovery_min_apply_delay="400ms")
    yield found
    configure(replica, recovery_min_apply_delay="0")


def test_revoked_is_revoked_where_the_replica_is_waited_for(arena: Arena) -> None:
    outcome = arena.run(SECONDS)
    check_raced(outcome)
    assert not outcome.late, outcome


def test_revoked_is_not_revoked_where_it_is_not(
    arena: Arena, pair: tuple[Cluster, Replica]
) -> None:
    primary, _ = pair
    try:
        outcome = arena.run(
            SECONDS, meanwhile=lambda: configure(primary, synchronous_commit="local")
        )
    finally:
        configure(primary, **WAITED_FOR)
    check_raced(outcome)
    assert outcome.late, outcome


@pytest.mark.parametrize(
    ("told", "setting"),
    [
        ("synchronous_commit is local", NOT_WAITED_FOR),
        ("waits for: FIRST k of k", {"synchronous_standby_names": f"FIRST 1 ({NAME}, other)"}),
    ],
)
def test_nothing_is_served_from_a_replica_that_is_not_waited_for(
    told: str, setting: dict[str, str], arena: Arena, pair: tuple[Cluster, Replica]
) -> None:
    primary, replica = pair
    arena.at.settings["WARDKEY_VERIFY_DATABASE_URL"] = replica.url
    configure(primary, **setting)
    try:
        refused = arena.at.run("manage.py", "serve", "--port", str(arena.at.port))
    finally:
        del arena.at.settings["WARDKEY_VERIFY_DATABASE_URL"]
        configure(primary, **WAITED_FOR)
    assert refused.returncode == 1
    assert told in refused.stderr


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
