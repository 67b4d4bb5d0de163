"""The bars of ``python -m benchmarks.verify`` are judged by the middle of the rounds."""

import pytest

from benchmarks.verify.rounds import Figures
from benchmarks.verify.table import Size, bars_of
from benchmarks.verify.wardkey import EMPTY, HOT, OF_MANY, RANDOM, UNKNOWN, WRONG

SIZE = Size(rows=100, many_rows=1_000, rounds=3, seconds=1.0, with_peers=True)
AT_RANDOM, AMONG_MANY = RANDOM.format(100), OF_MANY.format(100, 1_000)
PEER, STATELESS = "a peer", "a peer that cannot revoke"
JUST_ENOUGH = {
    EMPTY: 20.0,
    HOT: 30.0,
    AT_RANDOM: 55.0,
    UNKNOWN: 66.0,
    WRONG: 26.0,
    AMONG_MANY: 66.0,
    PEER: 780.0,
    STATELESS: 40.0,
}


def unmet(**changed: float) -> list[str]:
    """Return the bars that are not met at these costs; one wild round among three is no matter."""
    costs = JUST_ENOUGH | changed
    found = {name: Figures(cpu=[cost, 9_999.0, cost]) for name, cost in costs.items()}
    return [bar.asked for bar in bars_of(found, SIZE, [PEER]) if not bar.is_met]


def test_all_are_met() -> None:
    assert unmet() == []


@pytest.mark.parametrize(
    ("name", "cost"),
    [
        (HOT, 30.8),
        (AT_RANDOM, 55.6),
        (UNKNOWN, 66.7),
        (WRONG, 26.7),
        (AMONG_MANY, 66.1),
        (PEER, 749.0),
    ],
)
def test_one_that_costs_too_much_is_told(name: str, cost: float) -> None:
    assert len(unmet(**{name: cost})) == 1


def test_who_cannot_revoke_sets_no_bar() -> None:
    assert unmet(**{STATELESS: 1.0}) == []
