"""A server clears away by itself, soon after its start: one of its workers, once an hour."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import wait_until
from tests.servers import Installation, installation

pytestmark = pytest.mark.node

WORKERS = 2
KINDS = (
    "idempotency keys",
    "sign-ins",
    "sessions",
    "invitations",
    "counters of tries",
    "bulk acts",
    "details of use",
)
OVER = (
    "SELECT (SELECT count(*) FROM accounts_idempotencykey)"
    " + (SELECT count(*) FROM accounts_refreshfamily)"
    " + (SELECT count(*) FROM accounts_session)"
    " + (SELECT count(*) FROM accounts_invitation)"
    " + (SELECT count(*) FROM accounts_attempt WHERE window_ends_at < CURRENT_TIMESTAMP)"
    " + (SELECT count(*) FROM accounts_bulkrun)"
    " + (SELECT count(*) FROM tokens_tokenuse)"
)
ASKED = (
    "SELECT COALESCE(sum(tries), 0) FROM accounts_attempt WHERE window_ends_at > CURRENT_TIMESTAMP"
)
"""How often workers have asked whether it is due; nobody signs in here, so nothing else counts."""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Installation]:
    """An installation without a row to clear away."""
    with installation(tmp_path) as found:
        found.do("manage.py", "migrate", "--verbosity", "0")
        yield found


def leave(at: Installation) -> None:
    """Leave a row of each kind that is over."""
    at.do("-m", "tests.process", "tests.clean_up.seed")
    assert at.count(OVER) == len(KINDS)


def said(at: Installation) -> list[dict[str, Any]]:
    """Return what the log tells of cleaning up."""
    lines = [json.loads(line) for line in at.log.read_text().splitlines()]
    return [line for line in lines if line["logger"] == "wardkey.clean_up"]


def test_one_worker_cleans_up_and_none_again_within_the_hour(at: Installation) -> None:
    leave(at)
    at.start("--workers", str(WORKERS))
    wait_until(lambda: at.count(ASKED) == WORKERS and said(at))
    assert at.count(OVER) == 0
    assert at.stop() == 0
    leave(at)
    at.start("--workers", str(WORKERS))
    wait_until(lambda: at.count(ASKED) == 2 * WORKERS)
    assert at.stop() == 0
    assert at.count(OVER) == len(KINDS)
    [line] = said(at)
    assert line["deleted"] == {**dict.fromkeys(KINDS, 1), "epoch entries": 0}
