"""Which replica may not be read is told with its place, the reason and the cure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from config.operations.replicas import replica_faults
from tests.faults.cluster import Cluster
from tests.faults.replica import NAME, Replica, configure, primary_and_replica, wait_for_sync
from tests.servers import LOCAL, Installation, free_port


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Cluster]]:
    """An installation that reads a replica, and its primary."""
    with primary_and_replica() as (primary, replica):
        found = Installation(tmp_path_factory.mktemp("at"), primary.url, free_port())
        found.do("manage.py", "migrate", "--verbosity", "0")
        found.settings["WARDKEY_VERIFY_DATABASE_URL"] = replica.url
        waited = {"synchronous_standby_names": NAME, "synchronous_commit": "remote_apply"}
        configure(primary, **waited)
        wait_for_sync(primary)
        yield found, primary


def refusal(at: Installation) -> str:
    """Return what keeps the server from starting."""
    done = at.run("manage.py", "serve")
    assert done.returncode == 1
    return done.stderr


def faults_of_a_role_that_sees_no_names(at: Installation, primary: Cluster) -> str:
    """Return the faults that are found by who is not shown the names of those that follow."""
    with psycopg.connect(primary.url, autocommit=True) as operator:
        operator.execute("CREATE ROLE plain LOGIN")
    asked = "from django.db import connection as c"
    asked += "; from config.operations.replicas import replica_faults as f; print(f(c), end='')"
    at.database_url = primary.url.replace("postgres@", "plain@")
    try:
        return at.do("-c", f"import django; django.setup(); {asked}")
    finally:
        at.database_url = primary.url


@pytest.mark.fault
def test_two_replicas_of_one_name_are_refused(
    at: tuple[Installation, Cluster], tmp_path: Path
) -> None:
    found, primary = at
    found.start("--workers", "1")
    assert found.stop() == 0
    folder = primary.folder.parent / "another"
    folder.mkdir(mode=0o700)
    another = Replica(primary, folder)
    try:
        another.create()
        another.start(cluster_name=NAME.upper())
        told, unseen = refusal(found), faults_of_a_role_that_sees_no_names(found, primary)
    finally:
        another.stop()
    assert f"2 servers follow the primary under the name '{NAME}'" in told
    assert "give each a cluster_name of its own" in told
    assert unseen == "[]"


@pytest.mark.fault
def test_a_server_that_is_no_replica_is_named(at: tuple[Installation, Cluster]) -> None:
    found, primary = at
    replica = found.settings["WARDKEY_VERIFY_DATABASE_URL"]
    found.settings["WARDKEY_VERIFY_DATABASE_URL"] = primary.url
    try:
        told = refusal(found)
    finally:
        found.settings["WARDKEY_VERIFY_DATABASE_URL"] = replica
    place = f"WARDKEY_VERIFY_DATABASE_URL ({LOCAL}:{primary.port})"
    assert f"{place} is no replica: it follows nobody; name a replica" in told


def test_one_that_cannot_be_reached_is_named_with_the_reason(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    settings.WARDKEY_VERIFY_DATABASE = {"host": LOCAL, "port": port, "password": "a secret"}
    monkeypatch.setattr(connection, "vendor", "postgresql")
    [fault] = replica_faults(connection)
    assert f"WARDKEY_VERIFY_DATABASE_URL ({LOCAL}:{port}) cannot be reached: " in fault
    assert "refused" in fault
    assert fault.endswith("put that right, or take the setting out")
    assert "secret" not in fault


def test_sqlite_has_no_replica(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WARDKEY_VERIFY_DATABASE = {"host": LOCAL}
    monkeypatch.setattr(connection, "vendor", "sqlite")
    [fault] = replica_faults(connection)
    assert fault.endswith("take it out, or let DATABASE_URL be its primary")
