"""Workers and servers that end in a storm; migrations that are killed and repeated."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.database.test_migrations import shape, tables, triggers
from tests.faults.storm import check_answers, check_ledger, check_secrets, storm
from tests.races.conftest import Field
from tests.servers import ROOT, Installation, installation

pytestmark = pytest.mark.fault

KILLS, KILL_EVERY = 6, 0.8


def test_workers_that_are_killed_take_nothing_with_them(own_field: Field) -> None:
    with storm(own_field) as raging:
        for turn in range(KILLS):
            found = own_field.at.workers()
            os.kill(found[turn % len(found)], signal.SIGKILL)
            time.sleep(KILL_EVERY)
        raging.wait_for(201, since=time.monotonic())  # new workers take the place of the old ones
    assert raging.statuses()[0], "no request was cut off, so nothing was put at risk"
    check_answers(raging, broken=True)
    check_ledger(raging, own_field.at)
    check_secrets(raging, own_field)


def test_a_server_that_is_stopped_answers_what_it_has_begun(own_field: Field) -> None:
    with storm(own_field) as raging:
        time.sleep(1)
        assert own_field.at.stop() == 0
    told = [act for act in raging.acts if act.status == 0]
    assert told, "the storm went on after the stop"
    check_answers(raging, broken=True)
    check_ledger(raging, own_field.at)
    own_field.at.start("--workers", "2")
    check_secrets(raging, own_field)


def test_a_server_that_is_killed_whole_keeps_what_it_acknowledged(own_field: Field) -> None:
    with storm(own_field) as raging:
        assert own_field.at.process is not None
        for pid in [own_field.at.process.pid, *own_field.at.workers()]:
            os.kill(pid, signal.SIGKILL)
        own_field.at.process.wait()
    check_answers(raging, broken=True)
    check_ledger(raging, own_field.at)
    own_field.at.start("--workers", "2")
    check_secrets(raging, own_field)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Installation]:
    """An installation whose database has nothing in it."""
    with installation(tmp_path) as found:
        yield found


def migrating(at: Installation) -> "subprocess.Popen[str]":
    """Begin to migrate."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=at.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def migrations(at: Installation) -> int:
    """Return how many have been applied."""
    try:
        return at.count("SELECT count(*) FROM django_migrations")
    except (sqlite3.Error, psycopg.Error):
        return 0  # there is no table yet


def as_it_should_be(folder: Path) -> tuple[object, ...]:
    """Return the shape of a database that was migrated in peace."""
    folder.mkdir()
    with installation(folder) as calm:
        calm.do("manage.py", "migrate", "--verbosity", "0")
        return shape_of(calm)


def shape_of(at: Installation) -> tuple[object, ...]:
    return tables(at), triggers(at), shape(at)


def test_a_migration_that_is_killed_is_finished_by_the_next(
    empty: Installation, tmp_path: Path
) -> None:
    cut_off = 0
    for applied in range(1, 60, 7):
        begun = migrating(empty)
        while begun.poll() is None and migrations(empty) < applied:
            time.sleep(0.01)
        if begun.poll() is None:
            begun.kill()
            cut_off += 1
        begun.communicate()
    empty.do("manage.py", "migrate", "--verbosity", "0")
    assert cut_off > 1, "no migration was cut off"
    assert shape_of(empty) == as_it_should_be(tmp_path / "calm")


def test_migrations_that_run_at_once_leave_one_whole_database(
    empty: Installation, tmp_path: Path
) -> None:
    sides = [migrating(empty) for _ in range(2)]
    told = [side.communicate(timeout=120)[0] for side in sides]
    assert [side.returncode for side in sides] == [0, 0], told
    assert shape_of(empty) == as_it_should_be(tmp_path / "calm")
