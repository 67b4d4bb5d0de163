"""The verify protocol keeps its promise in every interleaving, and needs each of its rules.

The bounds here: one token, one revoke, a lease of two ticks, one process; time, polls, reads,
crashes and verifies are not bounded. ``python -m benchmarks.verify_model`` goes further.
"""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.verify.explore import Result, TooManyStates, explore
from tests.verify.model import Bounds, Change, Protocol, State
from tests.verify.model_process import Rules

pytestmark = pytest.mark.race

LOSS, GAIN = Change("a", good=False), Change("a", good=True)
ONE_REVOKE = Bounds((LOSS,))
TWO_PROCESSES = Bounds((LOSS, GAIN, LOSS), processes=2, failovers=1)

REMOVED = {
    "1: one process with a longer lease": Rules(same_lease=False),
    "2: t0 after the statement": Rules(t0_before_poll=False),
    "2: the clock before the request": Rules(clock_after_start=False),
    "4: joining a read under way": Rules(join_only_unsent=False),
    "5: row and epoch from two statements": Rules(one_statement=False),
    "5: keeping an old row": Rules(keep="any"),
    "6: n and t0 before invalidating": Rules(invalidate_first=False),
    "6: a read applied in between": Rules(no_read_between=False),
    "8: no wait": Rules(wait="none"),
    "8: the wait before COMMIT": Rules(wait="inside"),
}


def search(rules: Rules) -> tuple[Result, set[str]]:
    """Return what a search finds, and the labels of all the steps it took."""
    protocol, labels = Protocol(rules, ONE_REVOKE), set[str]()

    def noted(state: State) -> Iterator[tuple[str, State]]:
        for label, reached in protocol.steps(state):
            labels.add(label)
            yield label, reached

    return explore(protocol.start(), noted, bad=lambda state: state.broken), labels


@pytest.mark.parametrize(
    "rules",
    [Rules(), Rules(keep="same", spoil_on_clear=False)],
    ids=["rows no older are kept", "rows of the epoch applied are kept"],
)
def test_with_all_its_rules_the_promise_holds_in_every_interleaving(rules: Rules) -> None:
    found, labels = search(rules)

    assert found.trace is None
    assert found.states > 20_000
    assert "the writer answers the loss of a" in labels
    assert "process 1: its verify finds it good in memory" in labels


@pytest.mark.parametrize("rules", REMOVED.values(), ids=REMOVED.keys())
def test_without_any_one_rule_a_late_verify_ends_well(rules: Rules) -> None:
    trace = search(rules)[0].trace

    assert trace is not None
    assert "the writer answers the loss of a" in trace
    assert "good" in trace[-1]


def test_what_two_processes_do_is_seen_from_each_what_one_may_do() -> None:
    two = Protocol(Rules(), TWO_PROCESSES)
    one = Protocol(Rules(), replace(TWO_PROCESSES, processes=1))
    labels = set()
    for before, label, after in walk(two, 3_000):
        labels.add(label)
        for index in range(2):
            seen, then = _seen_from(index, before), _seen_from(index, after)
            assert then == seen or then in {state for _, state in one.steps(seen)}, label
    assert {f"process {n}: its verify finds it good in memory" for n in (1, 2)} <= labels


def test_a_search_that_grows_too_large_shows_nothing() -> None:
    with pytest.raises(TooManyStates):
        explore(0, lambda n: iter([("one more", n + 1)]), bad=lambda n: n < 0, most=100)


def test_a_search_finds_the_shortest_way() -> None:
    found = explore(1, lambda n: iter([("+1", n + 1), ("*2", n * 2)]), bad=lambda n: n == 9)

    assert found.trace == ("+1", "*2", "*2", "+1")


def walk(protocol: Protocol, steps: int) -> Iterator[tuple[State, str, State]]:
    """Yield steps taken at random, from the start again some time after the last answer."""
    chance = random.Random(7)
    state = protocol.start()
    for _ in range(steps):
        ways = list(protocol.steps(state))
        weights = [0.05 if "crashes" in label or "loses" in label else 1.0 for label, _ in ways]
        label, reached = chance.choices(ways, weights)[0]
        yield state, label, reached
        over = reached.writer.at == len(protocol.bounds.script) and chance.random() < 0.02
        state = protocol.start() if over else reached


def _seen_from(index: int, state: State) -> State:
    return state._replace(processes=(state.processes[index],))
