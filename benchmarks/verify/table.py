"""The table of verifying: its lines, its bars, and whether they are met."""

import contextlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.verify.peers import lines as peers
from benchmarks.verify.rounds import Figures, Line, run
from benchmarks.verify.wardkey import (
    EMPTY,
    HOT,
    OF_MANY,
    RANDOM,
    UNKNOWN,
    WRONG,
    empty,
    filled,
    lines_of_many,
    lines_over,
)

HOT_SHARE, RANDOM_SHARE, UNKNOWN_SHARE, WRONG_SHARE = 0.65, 0.36, 0.30, 0.75
"""What an empty request must cost at least, as a part of each."""
TIMES_CHEAPER = 25.0
"""How often a hot token fits into the cheapest peer that can revoke."""
TIMES_OF_MANY = 1.2
"""What the same working set may cost at most among ten times the rows."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured, and how long."""

    rows: int
    many_rows: int
    rounds: int
    seconds: float
    with_peers: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """What was asked for, what was measured, and whether that is enough."""

    asked: str
    measured: float
    is_met: bool


def verify(database_url: str, size: Size) -> bool:
    """Measure, print the table and the bars; return whether all are met."""
    with contextlib.ExitStack() as clearing:
        few, many = (
            clearing.enter_context(filled(database_url, rows))
            for rows in (size.rows, size.many_rows)
        )
        at, served, secrets = few
        of_empty = clearing.enter_context(empty(at))
        lines = lines_over(at, of_empty, served, secrets)
        lines += lines_of_many(*many, size.rows)
        of_peers: list[Line] = []
        that_revoke: list[str] = []
        if size.with_peers:
            by_rows = {
                rows: clearing.enter_context(peers.serving(database_url, rows))
                for rows in (size.rows, size.many_rows)
            }
            for peer, line in peers.lines(by_rows, size.seconds):
                of_peers.append(line)
                that_revoke += [line.name] if peer.can_revoke else []
        found = run([*lines, *of_peers], size.rounds, size.seconds)
    print_table(found)
    bars = bars_of(found, size, that_revoke)
    print_bars(bars)
    return all(bar.is_met for bar in bars)


def bars_of(found: Mapping[str, Figures], size: Size, that_revoke: Sequence[str]) -> list[Bar]:
    """Return every bar that the measured lines allow to judge."""
    cost = {name: figures.middle for name, figures in found.items()}
    at_random = RANDOM.format(size.rows)
    shares = {
        HOT: HOT_SHARE,
        at_random: RANDOM_SHARE,
        UNKNOWN: UNKNOWN_SHARE,
        WRONG: WRONG_SHARE,
    }
    bars = [
        _at_least(f"{name}: ratio to the empty request", cost[EMPTY] / cost[name], least)
        for name, least in shares.items()
    ]
    times = cost[OF_MANY.format(size.rows, size.many_rows)] / cost[at_random]
    asked = f"among {size.many_rows:,} rows: times {at_random}, at most {TIMES_OF_MANY}"
    bars.append(Bar(asked, times, times <= TIMES_OF_MANY))
    if that_revoke:
        cheapest = min(that_revoke, key=lambda name: cost[name])
        what = f"{HOT}: times cheaper than {cheapest}"
        bars.append(_at_least(what, cost[cheapest] / cost[HOT], TIMES_CHEAPER))
    return bars


def _at_least(what: str, measured: float, least: float) -> Bar:
    return Bar(f"{what}, at least {least}", measured, measured >= least)


def print_table(found: Mapping[str, Figures]) -> None:
    """Print a row for every line, as Markdown."""
    unit = found[EMPTY].middle
    say("| what | CPU per request | ratio to the empty request |")
    say("| --- | --- | --- |")
    for name, figures in found.items():
        say(f"| {name} | {figures.middle:,.1f} us | {unit / figures.middle:.3f} |")
    say("")


def print_bars(bars: Sequence[Bar]) -> None:
    """Print a row for every bar, as Markdown."""
    say("| bar | measured | |")
    say("| --- | --- | --- |")
    for bar in bars:
        say(f"| {bar.asked} | {bar.measured:.2f} | {'met' if bar.is_met else 'NOT MET'} |")


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
