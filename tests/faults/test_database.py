"""PostgreSQL stops, stands still, restarts and is full, under load."""

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.faults.cluster import Cluster
from tests.faults.storm import Storm, check_answers, check_ledger, check_secrets, storm
from tests.races.conftest import Field

pytestmark = pytest.mark.fault

AWAY_SECONDS, FROZEN_SECONDS, RECOVERY_SECONDS = 4.0, 24.0, 30.0
"""A frozen database is let go long after the bound of ``config/bounded.py``: who is answered
before that was not waiting for it."""
STEADY = 40


def check_probes(field: Field, *, slowest: float) -> None:
    """Fail unless the process is told alive, and not ready within ``slowest`` seconds."""
    assert httpx.get(f"{field.at.url}/healthz", timeout=5).status_code == 200
    assert httpx.get(f"{field.at.url}/readyz", timeout=slowest).status_code == 503


@contextlib.contextmanager
def weathered(field: Field) -> Iterator[Storm]:
    """Let a storm rage during the block and until all is well again; then hold the account."""
    with storm(field) as raging:
        yield raging
        back = time.monotonic()
        in_a_row = 0
        while in_a_row < STEADY:
            assert time.monotonic() < back + RECOVERY_SECONDS, "it is not well again by itself"
            ready = httpx.get(f"{field.at.url}/readyz").status_code
            told = {field.verdict(raging.good["token"]), ready}
            in_a_row = in_a_row + 1 if told == {200} else 0
        well = time.monotonic()
        time.sleep(0.7)
        raging.wait_for(200, 201, 204, since=well)
    assert set(raging.statuses(since=well)) == {200, 201, 204}
    assert raging.statuses()[503], "nothing was refused, so nothing was broken"
    check_answers(raging)
    check_ledger(raging, field.at)
    check_secrets(raging, field)


def test_a_database_that_is_stopped_and_started_again(
    cluster: Cluster, cluster_field: Field
) -> None:
    with weathered(cluster_field):
        cluster.stop()
        time.sleep(AWAY_SECONDS)
        check_probes(cluster_field, slowest=10)
        cluster.start()


def test_a_database_that_crashes_and_comes_back_at_once(
    cluster: Cluster, cluster_field: Field
) -> None:
    with weathered(cluster_field):
        cluster.crash()
        cluster.start()


def test_a_database_that_stands_still(cluster: Cluster, cluster_field: Field) -> None:
    with weathered(cluster_field) as raging, cluster.frozen():
        frozen = time.monotonic()
        check_probes(cluster_field, slowest=20)
        time.sleep(max(0.0, frozen + FROZEN_SECONDS - time.monotonic()))
        thawing = time.monotonic()
    at_once = [act for act in raging.acts if frozen <= act.began < frozen + 1]
    assert at_once, "nobody asked while it stood still"
    assert all(act.began + act.took < thawing for act in at_once), "they waited for the thaw"


def test_a_database_without_a_free_connection(cluster: Cluster, cluster_field: Field) -> None:
    with weathered(cluster_field), cluster.crowded():
        time.sleep(AWAY_SECONDS)
        check_probes(cluster_field, slowest=10)
