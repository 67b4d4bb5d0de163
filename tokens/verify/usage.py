"""Last use: noted in memory when a token is judged, written together, apart from any request.

A process that is killed loses the notes it has not written, one round's at most.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import Error, connection

from tokens.models import TokenUsage
from tokens.verify.verdict import Reason

MOST_NOTES = 100_000
"""Tokens of which notes are kept while the database is away, of each kind; about 20 MB."""
BATCH = 5_000
"""Rows of one statement; three parameters each, of which SQLite takes 32,766."""

_DEAD = {Reason.REVOKED, Reason.EXPIRED, Reason.ACCOUNT_OFF, Reason.ORGANIZATION_GONE}

# Neither moment goes back, whoever writes first: another process may have seen a later one.
_WRITE = """
INSERT INTO tokens_tokenusage AS kept (token_id, last_used_at, last_refused_at) VALUES {rows}
ON CONFLICT (token_id) DO UPDATE SET
  last_used_at = CASE WHEN kept.last_used_at IS NULL
                        OR excluded.last_used_at > kept.last_used_at
                      THEN excluded.last_used_at ELSE kept.last_used_at END,
  last_refused_at = CASE WHEN kept.last_refused_at IS NULL
                           OR excluded.last_refused_at > kept.last_refused_at
                         THEN excluded.last_refused_at ELSE kept.last_refused_at END
"""

# No lock: each step on them is one that threads cannot cut in two. A forked process has its
# parent's notes too and may write them again, which changes nothing.
_used: dict[UUID, datetime] = {}
_refused: dict[UUID, datetime] = {}


def note(token_id: UUID, reason: Reason, at: datetime) -> None:
    """Note that the token was presented at ``at``, an aware moment of the database's clock.

    A token that is good but lacks a scope is used as well. When there is no room, tokens
    that are noted already keep theirs.
    """
    notes = _refused if reason in _DEAD else _used
    if len(notes) < MOST_NOTES or token_id in notes:
        notes[token_id] = at


def write_notes() -> int:
    """Write what has been noted, and return of how many tokens.

    What could not be written is kept for the next time.

    Raises:
        Error: the database's; what was written before stays written.
    """
    used, refused = _taken(_used), _taken(_refused)
    # In one order everywhere, so that two processes that write at once cannot lock each
    # other out.
    tokens = sorted(used.keys() | refused.keys())
    for start in range(0, len(tokens), BATCH):
        rows = [(one, used.get(one), refused.get(one)) for one in tokens[start : start + BATCH]]
        try:
            _write(rows)
        except Error:
            for token_id in tokens[start:]:
                _put_back(_used, token_id, used)
                _put_back(_refused, token_id, refused)
            raise
    return len(tokens)


def _taken(notes: dict[UUID, datetime]) -> dict[UUID, datetime]:
    """Take the notes out one by one, so that none is lost that is made meanwhile."""
    taken = {}
    with suppress(KeyError):  # another thread has taken the last one
        for _ in range(len(notes)):
            token_id, at = notes.popitem()
            taken[token_id] = at
    return taken


def _put_back(notes: dict[UUID, datetime], token_id: UUID, taken: dict[UUID, datetime]) -> None:
    """Put a note back, unless there is a newer one or no room."""
    if token_id in taken and len(notes) < MOST_NOTES:
        notes.setdefault(token_id, taken[token_id])


def _write(rows: Sequence[tuple[UUID, datetime | None, datetime | None]]) -> None:
    field = TokenUsage._meta.pk  # noqa: SLF001 - Django's documented model API
    moment = connection.ops.adapt_datetimefield_value
    values: list[Any] = []
    for token_id, used, refused in rows:
        values += [field.get_db_prep_value(token_id, connection), moment(used), moment(refused)]
    statement = _WRITE.format(rows=", ".join(["(%s, %s, %s)"] * len(rows)))
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
