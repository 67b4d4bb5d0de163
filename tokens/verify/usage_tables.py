"""The tables of use, written for many tokens at once, on either database.

The rows go as one JSON text: as parameters of their own they would cost ten times as much.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from tokens.querysets import MOST_KEPT

# Neither moment goes back, whoever writes first: another process may have seen a later one.
# All writers lock the rows in one order, so that none can wait for another in a circle.
_WRITE_LAST = """
INSERT INTO tokens_tokenusage AS kept (token_id, last_used_at, last_refused_at)
SELECT ({row} ->> 0){uuid}, ({row} ->> 1){moment}, ({row} ->> 2){moment}
FROM {rows} WHERE true ORDER BY 1
ON CONFLICT (token_id) DO UPDATE SET
  last_used_at = CASE WHEN kept.last_used_at IS NULL
                        OR excluded.last_used_at > kept.last_used_at
                      THEN excluded.last_used_at ELSE kept.last_used_at END,
  last_refused_at = CASE WHEN kept.last_refused_at IS NULL
                           OR excluded.last_refused_at > kept.last_refused_at
                         THEN excluded.last_refused_at ELSE kept.last_refused_at END
"""
_WRITE_USES = """
INSERT INTO tokens_tokenuse AS kept (token_id, kind, value, first_at, last_at, count)
SELECT ({row} ->> 0){uuid}, {row} ->> 1, {row} ->> 2,
       ({row} ->> 3){moment}, ({row} ->> 4){moment}, ({row} ->> 5){number}
FROM {rows} WHERE true ORDER BY 1, 2, 3
ON CONFLICT (token_id, kind, value) DO UPDATE SET
  first_at = CASE WHEN excluded.first_at < kept.first_at
                  THEN excluded.first_at ELSE kept.first_at END,
  last_at = CASE WHEN excluded.last_at > kept.last_at
                 THEN excluded.last_at ELSE kept.last_at END,
  count = kept.count + excluded.count
"""
# What another process holds is left to the next time: to wait for it here, out of that order,
# could be for ever.
_DROP_OLDEST = """
DELETE FROM tokens_tokenuse WHERE id IN (
  SELECT id FROM tokens_tokenuse WHERE id IN (
    SELECT id FROM (
      SELECT id, row_number() OVER (PARTITION BY token_id, kind ORDER BY last_at DESC, id) AS place
      FROM tokens_tokenuse WHERE token_id IN (SELECT ({row} ->> 0){uuid} FROM {rows})
    ) placed WHERE place > {most}
  ) {skipping}
)
"""
_WORDS = {
    "postgresql": {
        "rows": "json_array_elements(%s::json) AS asked", "row": "asked.value", "uuid": "::uuid",
        "moment": "::timestamptz", "number": "::bigint", "skipping": "FOR UPDATE SKIP LOCKED",
    },
    "sqlite": {
        "rows": "json_each(%s) AS asked", "row": "asked.value", "uuid": "", "moment": "",
        "number": "", "skipping": "",
    },
}  # fmt: skip

Last = tuple[str, str | None, str | None]
"""A token's id in hex, when it was last used, and when last refused."""
Use = tuple[str, str, str, str, str, int]
"""A token's id in hex, kind, value, the first time, the last, and how often."""


def database_now() -> datetime:
    """Return the moment by the database's clock."""
    if connection.vendor == "sqlite":
        return timezone.now()  # the same machine's
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def stored(at: datetime) -> str:
    """Return an aware moment as the database takes it from a text."""
    return str(connection.ops.adapt_datetimefield_value(at))


@transaction.atomic
def write_rows(last: Sequence[Last], uses: Sequence[Use]) -> None:
    """Write all rows or none: each token once, and each value of a kind once.

    Raises:
        Error: the database's.
    """
    _run(_WRITE_LAST, last)
    if uses:
        _run(_WRITE_USES, uses)
        _run(_DROP_OLDEST, [(token,) for token in {row[0] for row in uses}])


def _run(statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    words = _WORDS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**words, most=MOST_KEPT), [json.dumps(rows)])
