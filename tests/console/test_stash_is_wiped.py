"""A running server wipes the secrets that nobody came for, and leaves those that still wait."""

from pathlib import Path

import pytest

from tests.server.conftest import wait_until
from tests.servers import installation

pytestmark = pytest.mark.node

WAITING = (
    "SELECT count(*) FROM tokens_stashedsecret s JOIN tokens_token t ON t.id = s.token_id"
    " WHERE s.sealed <> ''"
)


def test_a_server_wipes_what_nobody_came_for(tmp_path: Path) -> None:
    with installation(tmp_path) as at:
        at.do("manage.py", "migrate", "--verbosity", "0")
        at.do("-m", "tests.process", "tests.console.stash_seed")
        assert at.count(WAITING) == 2
        at.start("--workers", "2")
        wait_until(lambda: at.count(WAITING) == 1)
        assert at.count(f"{WAITING} AND t.slug = 'waiting'") == 1
        assert at.count("SELECT count(*) FROM tokens_stashedsecret") == 2
        assert at.stop() == 0
