"""Lines of a table, measured round by round, in another order each time."""

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.verify.load import drive
from benchmarks.verify.servers import Served

WALK_SECONDS = 60.0
"""How long a working set is walked through at most; what a server keeps, it keeps no longer."""
SETTLE_SHARE = 0.25
"""The part of a measurement that goes before it, unmeasured."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is asked of a server, again and again.

    Args:
        name: as the table has it.
        served: whom to ask.
        requests: makes the requests, without end.
        status: what every answer must have.
        tells: what the first answers must hold.
        working_set: requests that every worker is asked once each before measuring.
        connections: how many ask at the same time.
    """

    name: str
    served: Served
    requests: Callable[[], Iterator[bytes]]
    status: int = 200
    tells: bytes = b""
    working_set: Sequence[bytes] = ()
    connections: int = 32


@dataclass(slots=True)
class Figures:
    """What was measured of a line, a member for each round."""

    cpu: list[float] = field(default_factory=list)
    """Microseconds of a request, all processes of the server together."""
    rate: list[float] = field(default_factory=list)
    """Requests a second."""

    @property
    def middle(self) -> float:
        """The median CPU time of a request."""
        return statistics.median(self.cpu)


def run(lines: Sequence[Line], rounds: int, seconds: float) -> dict[str, Figures]:
    """Measure every line in every round, for ``seconds`` each."""
    found = {line.name: Figures() for line in lines}
    for number in range(1, rounds + 1):
        for line in random.sample(lines, len(lines)):
            cpu, rate = measure(line, seconds)
            found[line.name].cpu.append(cpu)
            found[line.name].rate.append(rate)
            progress(f"round {number}: {line.name}: {cpu:.1f} us")
    return found


def measure(line: Line, seconds: float) -> tuple[float, float]:
    """Return the CPU time of a request in microseconds, and how many were answered a second.

    Raises:
        WrongAnswer: one answer was not as it should be.
    """
    requests = line.requests()
    groups = line.served.connect(line.connections, line.status, requests, line.tells)
    connections = [connection for group in groups.values() for connection in group]
    try:
        if line.working_set:
            for group in groups.values():
                walk = iter(random.sample(line.working_set, len(line.working_set)))
                for connection in group:
                    connection.requests = walk
            drive(connections, WALK_SECONDS)
        for connection in connections:
            connection.requests = requests
        drive(connections, seconds * SETTLE_SHARE)
        before, begun = line.served.cpu_seconds(), time.monotonic()
        answered = drive(connections, seconds)
        spent, took = line.served.cpu_seconds() - before, time.monotonic() - begun
    finally:
        for connection in connections:
            connection.close()
    return spent / answered * 1e6, answered / took


def progress(line: str) -> None:
    """Say on the way what is done, beside the table."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
