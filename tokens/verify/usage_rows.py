"""From notes to rows: what was noted of each token, put together by what it tells."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nlargest

from tokens.querysets import MOST_KEPT
from tokens.verify.asked import Asked, Reader
from tokens.verify.usage_tables import Last, Use

BATCH = 5_000
"""Rows of one statement."""

Note = list[float]
"""How often, when first and when last; a list, since it is changed in place on every verify."""
COUNT, FIRST, LAST = range(3)


@dataclass(slots=True)
class Notes:
    """What was noted of one token: its uses, by who asked, and when it was last refused."""

    uses: list[tuple[Asked | None, Note]] = field(default_factory=list)
    refused: float | None = None


def batches(
    notes: Mapping[int, Notes], moment_of: Callable[[float], str]
) -> Iterator[tuple[list[Last], list[Use]]]:
    """Yield the rows of all tokens, in their order, as many as are written together.

    Args:
        moment_of: tells a note's time as it is stored.
    """
    reader = Reader()
    last: list[Last] = []
    uses: list[Use] = []
    for token in sorted(notes):
        own, name = notes[token], f"{token:032x}"
        more = [
            (name, kind, value, moment_of(note[FIRST]), moment_of(note[LAST]), int(note[COUNT]))
            for kind, value, note in _newest(own, reader)
        ]
        if last and (len(last) >= BATCH or len(uses) + len(more) > BATCH):
            yield last, uses
            last, uses = [], []
        used = max((note[LAST] for _, note in own.uses), default=None)
        moments = [None if at is None else moment_of(at) for at in (used, own.refused)]
        last.append((name, moments[0], moments[1]))
        uses += more
    yield last, uses


def _newest(notes: Notes, reader: Reader) -> Iterator[tuple[str, str, Note]]:
    """Yield what is worth writing: of each kind no more than is kept."""
    seen: dict[str, dict[str, Note]] = defaultdict(dict)
    for asked, note in notes.uses:
        for kind, value in () if asked is None else reader.read(asked):
            _add(seen[kind], value, note)
    for kind_seen, values in seen.items():
        for value, note in _latest(values.items()):
            yield kind_seen, value, note


def _add(values: dict[str, Note], value: str, note: Note) -> None:
    count, first, last = note
    if kept := values.get(value):
        values[value] = [kept[COUNT] + count, min(kept[FIRST], first), max(kept[LAST], last)]
    else:
        values[value] = [count, first, last]


def _latest(values: Iterable[tuple[str, Note]]) -> list[tuple[str, Note]]:
    return nlargest(MOST_KEPT, values, key=lambda entry: entry[1][LAST])
