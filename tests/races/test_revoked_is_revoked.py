"""Revoked is revoked: no verify that starts after the answer to a loss of rights succeeds.

Two servers of two workers, on PostgreSQL through a proxy that delays and cuts; workers that
stand still for a while; tokens that are revoked, narrowed, ended and left without account or
organization at random moments, and are verified all the while. ``python -m benchmarks.race``
is the same for longer.
"""

import random
from collections.abc import Iterator

import pytest

from tests.races.arena import WITHOUT_WAIT, Arena
from tests.races.outcome import check_raced
from tests.servers import installation

pytestmark = pytest.mark.race

SECONDS = 12.0


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Two servers on this run's kind of database."""
    with installation(tmp_path_factory.mktemp("arena")) as at:
        found = Arena(at, random.randrange(1_000_000))
        found.prepare()
        yield found


def test_no_verify_that_starts_after_the_answer_succeeds(arena: Arena) -> None:
    outcome = arena.run(SECONDS)
    check_raced(outcome)
    assert not outcome.late, outcome


def test_without_the_wait_some_do(arena: Arena) -> None:
    outcome = arena.run(SECONDS, WITHOUT_WAIT)
    check_raced(outcome)
    assert outcome.late, outcome
