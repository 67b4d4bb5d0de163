"""An exhaustive search: every state that can be reached, and the shortest way to a bad one."""

import time
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, NamedTuple, TypeVar

S = TypeVar("S", bound=Hashable)

Steps = Callable[[S], Iterator[tuple[str, S]]]


class Result(NamedTuple):
    """What a search found: ``trace`` is None where no bad state can be reached."""

    states: int
    seconds: float
    trace: tuple[str, ...] | None


class TooManyStates(Exception):
    """The space is larger than the caller allows, so that nothing was shown."""


class Search(Generic[S]):
    """A breadth-first search from ``start`` over ``steps``, for a state that is ``bad``."""

    def __init__(self, start: S, steps: Steps[S], bad: Callable[[S], bool], most: int) -> None:
        self._steps, self._bad, self._most = steps, bad, most
        self._came_from: dict[S, tuple[S, str] | None] = {start: None}
        self._start = start

    def run(self) -> Result:
        """Return the result: no trace means that every reachable state was seen and is good."""
        begun = time.perf_counter()
        found = self._first_bad()
        trace = None if found is None else self._trace(found)
        return Result(len(self._came_from), time.perf_counter() - begun, trace)

    def _first_bad(self) -> S | None:
        came_from = self._came_from
        level = [self._start]
        while level:
            following = []
            for state in level:
                for label, reached in self._steps(state):
                    if reached not in came_from:
                        came_from[reached] = (state, label)
                        if self._bad(reached):
                            return reached
                        following.append(reached)
            if len(came_from) > self._most:
                raise TooManyStates(f"more than {self._most} states")
            level = following
        return None

    def _trace(self, state: S) -> tuple[str, ...]:
        labels = []
        before = self._came_from[state]
        while before is not None:
            state, label = before
            labels.append(label)
            before = self._came_from[state]
        return tuple(reversed(labels))


def explore(
    start: S, steps: Steps[S], *, bad: Callable[[S], bool], most: int = 20_000_000
) -> Result:
    """Search all states reachable from ``start``; return their number and the shortest trace.

    Raises:
        TooManyStates: there are more than ``most``.
    """
    return Search(start, steps, bad, most).run()
