"""Without the database there is no verdict beyond the lease, and all is well soon after it is back.

Known tokens are good for as long as the lease lasts and no longer; then every well-formed one is
503 within the deadline, and never 401. What is malformed stays 401. No worker ends for it.
"""

import os
import signal
import time

import httpx
import pytest

from tests.faults.cluster import Cluster
from tests.faults.watch import KNOWN, REVOKED, WHEN_WELL, Watch, watched
from tests.races.conftest import Field
from tests.races.verifying import BROKEN
from tests.server.conftest import wait_until
from tokens.secret import TokenSecret

pytestmark = pytest.mark.fault

AWAY_SECONDS = 3.0


def check_refusal(field: Field) -> None:
    """Fail unless a well-formed token is told in good order that there is no verdict."""
    headers = {"Authorization": f"Bearer {TokenSecret.mint()}"}
    answer = httpx.get(f"{field.at.url}/tokens/validate", headers=headers)
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["code"] == "Server.Unavailable"


@pytest.mark.parametrize("broken", ["frozen", "crashed", "stopped", "crowded"])
def test_without_the_database_there_is_no_verdict(
    cluster: Cluster, cluster_field: Field, broken: str
) -> None:
    with watched(cluster_field) as outage:
        with getattr(cluster, broken)(), outage.lasting():
            time.sleep(AWAY_SECONDS)
            check_refusal(cluster_field)
        outage.back = time.monotonic()


def test_a_worker_that_is_killed(own_field: Field) -> None:
    watch = Watch(own_field)
    watch.begin()
    try:
        for _ in range(3):
            time.sleep(0.7)
            os.kill(own_field.at.workers()[0], signal.SIGKILL)
        killed = time.monotonic()
        wait_until(lambda: watch.answered_since(killed) >= {KNOWN, REVOKED})
    finally:
        watch.end()
    verdicts = list(watch.account)
    assert any(one.status == BROKEN for one in verdicts), "no request was cut off"
    for one in verdicts:
        assert one.status in {BROKEN, 503, WHEN_WELL[one.token]}, one
