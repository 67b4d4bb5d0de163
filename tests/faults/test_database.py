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

AWAY_SECONDS, FROZEN_SECONDS, RECOVERY_SECONDS = 4.0, 10.0, 10.0
STEADY = 40
FROZEN_ANSWER_SECONDS = 12.0


def check_probes(field: Field, *, slowest: float) -> None:
    """Fail unless the process is told alive, soon, and not ready, in the end."""
    began = time.monotonic()
    assert httpx.get(f"{field.at.url}/healthz", timeout=5).status_code == 200
    assert time.monotonic() - began < 2, "who asks for life waits behind nobody"
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
            in_a_row = in_a_row + 1 if field.verdict(raging.good["token"]) == 200 else 0
        well = time.monotonic()
        time.sleep(0.7)
    assert set(raging.statuses(since=well)) == {200, 201, 204}
    assert raging.statuses()[503], "nothing was refused, so nothing was broken"
    check_answers(raging)
    check_ledger(raging, field.at)
    check_secrets(raging, field)


def test_a_database_that_is_stopped_and_started_again(
    cluster: Cluster, cluster_field: Field
) -> None:
    with weathered(cluster_field) as raging:
        cluster.stop()
        time.sleep(AWAY_SECONDS)
        check_probes(cluster_field, slowest=10)
        cluster.start()
    assert max(act.took for act in raging.acts) < 8


def test_a_database_that_crashes_and_comes_back_at_once(
    cluster: Cluster, cluster_field: Field
) -> None:
    with weathered(cluster_field):
        cluster.crash()
        cluster.start()


def test_a_database_that_stands_still(cluster: Cluster, cluster_field: Field) -> None:
    with weathered(cluster_field) as raging, cluster.frozen():
        time.sleep(FROZEN_SECONDS / 2)
        check_probes(cluster_field, slowest=20)
        time.sleep(FROZEN_SECONDS / 2)
    assert max(act.took for act in raging.acts) < FROZEN_ANSWER_SECONDS


def test_a_database_without_a_free_connection(cluster: Cluster, cluster_field: Field) -> None:
    with weathered(cluster_field), cluster.crowded():
        time.sleep(AWAY_SECONDS)
        check_probes(cluster_field, slowest=10)
