"""A streaming replica beside a primary, each a PostgreSQL of one's own."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.faults.cluster import START_SECONDS, Cluster, private_cluster
from tests.servers import LOCAL

NAME = "replica"


class Replica(Cluster):
    """A server that follows another one, and is called ``NAME`` there."""

    def __init__(self, primary: Cluster, folder: Path) -> None:
        super().__init__(primary.programs, folder)
        self._primary = primary

    def create(self) -> None:
        """Copy the primary, which has to run."""
        source = f"host={LOCAL} port={self._primary.port} user=postgres"
        words = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", source]
        self.call("pg_basebackup", *words, "-D", self.folder)


@contextlib.contextmanager
def followed(primary: Cluster) -> Iterator[Replica]:
    """Run a replica of ``primary`` during the block."""
    folder = primary.folder.parent / NAME
    folder.mkdir(mode=0o700)
    replica = Replica(primary, folder)
    try:
        replica.create()
        replica.start(cluster_name=NAME)  # what a walreceiver calls itself
        yield replica
    finally:
        replica.stop()


@contextlib.contextmanager
def primary_and_replica() -> Iterator[tuple[Cluster, Replica]]:
    """Run both; the primary does not wait for the replica before it is told to."""
    with private_cluster() as primary:
        primary.start(max_connections=60)
        with followed(primary) as replica:
            yield primary, replica
            # Or a stop would wait for somebody who is there no more.
            configure(primary, synchronous_standby_names="")


def configure(cluster: Cluster, **settings: str) -> None:
    """Set what a running server can be told, and wait until it goes by it."""
    with psycopg.connect(cluster.url, autocommit=True) as operator:
        operator.execute("SET synchronous_commit = local")
        for name, value in settings.items():
            operator.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        operator.execute("SELECT pg_reload_conf()")
    end = time.monotonic() + START_SECONDS
    with psycopg.connect(cluster.url, autocommit=True) as asked:
        for name, value in settings.items():
            shown = f"SHOW {name}".encode()
            while (asked.execute(shown).fetchone() or ("",))[0] != value:
                assert time.monotonic() < end, f"{name} is not {value}"
                time.sleep(0.05)


def wait_for_sync(primary: Cluster) -> None:
    """Wait until the primary waits for its replica."""
    query = f"SELECT 1 FROM pg_stat_replication WHERE application_name = '{NAME}'"
    query += " AND sync_state = 'sync' AND state = 'streaming'"
    end = time.monotonic() + START_SECONDS
    with psycopg.connect(primary.url, autocommit=True) as asked:
        while asked.execute(query.encode()).fetchone() is None:
            assert time.monotonic() < end, "nobody follows"
            time.sleep(0.05)
