"""Last use: noted in memory when a token is judged, written together, apart from any request.

A process that is killed loses the notes it has not written, one round's at most.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import TypeVar

from django.db import Error

from tokens.verify.asked import Asked, bounded
from tokens.verify.clock import boot_seconds
from tokens.verify.usage_rows import COUNT, FIRST, LAST, Note, Notes, batches
from tokens.verify.usage_tables import database_now, stored, write_rows
from tokens.verify.verdict import Reason

MOST_NOTES = 100_000
"""Notes that are kept while the database is away, of callers, of tokens beside, and of tokens that
were refused; about 60 MB, and 150 MB if every caller tells as much as is kept of it."""
MOST_OF_TOKEN = 1_000
"""Callers of one token that are noted apart, so that one who calls himself another each time leaves
room for others' tokens."""

K = TypeVar("K")
V = TypeVar("V")

_GOOD, _LACKING = Reason.GOOD, Reason.SCOPE_MISSING

# No lock: each step on them is one that threads cannot cut in two, and from finding a note to
# having changed it there is no call, at which alone Python turns to another thread.
_uses: dict[tuple[int, Asked | None], Note] = {}
_callers: dict[int, int] = {}
_refused: dict[int, float] = {}


def note_use(token: int, reason: Reason, at: float, asked: Asked | None = None) -> None:
    """Note that the token was presented at ``at``, by ``boot_seconds()``.

    Asked on every verify, so it looks into nothing: about 0.3 us. A token that is good but
    lacks a scope is used as well. When there is no room, tokens that are noted already keep
    theirs, and of others' callers only the time is noted.

    Args:
        token: the number of its id.
        asked: what the request tells of who asks; None notes the time alone.
    """
    if reason is _GOOD or reason is _LACKING:
        try:
            kept = _uses[token, asked]
        except KeyError:
            _note_new(token, at, asked)
        else:
            kept[COUNT] += 1
            kept[LAST] = at
    elif token in _refused or len(_refused) < MOST_NOTES:
        _refused[token] = at


def write_notes() -> int:
    """Write what has been noted, and return of how many tokens.

    What could not be written is kept for the next time.

    Raises:
        Error: the database's; what was written before stays written.
    """
    notes = _take()
    if not notes:
        return 0
    written = 0
    try:
        moment_of = _moments()
        for last, uses in batches(notes, moment_of):
            write_rows(last, uses)
            written += len(last)
    except Error:
        for token in sorted(notes)[written:]:
            _put_back(token, notes[token])
        raise
    return written


def _note_new(token: int, at: float, asked: Asked | None) -> None:
    """Note a use by a caller of whom there may be no note yet."""
    key = token, None if asked is None else bounded(asked)
    note: Note = [1, at, at]
    if key in _uses or _has_room(*key):
        if _uses.setdefault(key, note) is note:
            _callers[token] = _callers.get(token, 0) + 1
        else:  # what is too long, or another thread was first
            note_use(token, _GOOD, at, key[1])
    elif asked is not None:
        note_use(token, _GOOD, at)


def _has_room(token: int, asked: Asked | None) -> bool:
    if asked is None:
        return len(_uses) < 2 * MOST_NOTES
    return len(_uses) < MOST_NOTES and _callers.get(token, 0) < MOST_OF_TOKEN


def _take() -> dict[int, Notes]:
    """Take all notes out, by token."""
    _callers.clear()
    notes: dict[int, Notes] = defaultdict(Notes)
    for (token, asked), note in _taken(_uses):
        notes[token].uses.append((asked, note))
    for token, at in _taken(_refused):
        notes[token].refused = at
    return notes


def _taken(notes: dict[K, V]) -> list[tuple[K, V]]:
    """Take the notes out one by one, so that none is lost that is made meanwhile.

    One that is made anew while they are taken may be taken again.
    """
    taken = []
    with suppress(KeyError):  # another thread has taken the last one
        for _ in range(len(notes)):
            taken.append(notes.popitem())  # noqa: PERF401 - what was taken stays taken
    return taken


def _put_back(token: int, notes: Notes) -> None:
    """Put notes back, beside newer ones, as far as there is room."""
    for asked, note in notes.uses:
        if len(_uses) >= 2 * MOST_NOTES:
            break
        kept = _uses.setdefault((token, asked), note)
        if kept is note:
            _callers[token] = _callers.get(token, 0) + 1
        else:
            kept[COUNT] += note[COUNT]
            kept[FIRST] = min(kept[FIRST], note[FIRST])
            kept[LAST] = max(kept[LAST], note[LAST])
    if notes.refused is not None and len(_refused) < MOST_NOTES:
        _refused.setdefault(token, notes.refused)


def _moments() -> Callable[[float], str]:
    """Return what writes a time of ``boot_seconds()`` as a moment of the database's clock.

    Late by what the question takes, and never later than now: no use is told to have been
    before the token was made.
    """
    asked_at = boot_seconds()
    now = database_now()
    # One note is several rows, mostly of one moment.
    return lru_cache(maxsize=64)(lambda at: stored(now - timedelta(seconds=asked_at - at)))
