"""What is asked of the database about tokens, and how its rows become snapshots.

Each statement reads the epoch (``accounts/epoch.py``) beside the rows, in one snapshot of the
database, so that who keeps a row can tell whether anything was lost since.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from tokens.verify.snapshot import TokenSnapshot

Row = Sequence[Any]


class NoEpoch(Exception):
    """The row of ``accounts_epoch`` is gone, without which nothing may be believed."""


class Epoch(NamedTuple):
    """A place in the history of rights: its number, and the random mark of the history."""

    n: int
    mark: Any


@dataclass(frozen=True, slots=True)
class Found:
    """A token as the database had it at ``read_at`` (aware, by the database's clock)."""

    snapshot: TokenSnapshot
    read_at: datetime


Tokens = Mapping[bytes, Found]
"""Tokens by the digest that they are kept under."""

# The obvious join made PostgreSQL hash all accounts for every batch; OFFSET 0 keeps each look-up
# one walk of an index (design: verify.md, rule 15).
_LATERAL = "LEFT JOIN LATERAL (SELECT * FROM {table} x WHERE {on} OFFSET 0) {name} ON true"
_PLAIN = "LEFT JOIN {table} {name} ON {on}"
_FACTS = """
SELECT e.n, e.mark, {clock}, t.digest,
  t.id, t.slug, a.id, a.slug, a.name, t.organization_id,
  coalesce(t.scopes, t.ended_scopes, a.scopes), t.created_at, t.expires_at,
  t.revoked_at IS NOT NULL, a.disabled_at IS NULL AND a.deleted_at IS NULL,
  o.suspended_at IS NULL AND o.deleted_at IS NULL, t.key_id
FROM accounts_epoch e
"""


def _joined(join: str, which: str) -> str:
    """Return the joins from the token that ``which`` finds to its account and organization."""
    ways = (
        ("tokens_token", "t", which),
        ("accounts_serviceaccount", "a", "id = t.service_account_id"),
        ("accounts_organization", "o", "id = t.organization_id"),
    )
    return "\n".join(
        join.format(table=table, name=name, on=f"{'x' if join is _LATERAL else name}.{on}")
        for table, name, on in ways
    )


BATCH_POSTGRESQL = (
    _FACTS.format(clock="clock_timestamp()")
    + "LEFT JOIN unnest(%s::bytea[]) AS asked (digest) ON true\n"
    + _joined(_LATERAL, "digest = asked.digest")
)
"""Takes a list of digests."""

ENTRIES = """
SELECT e.n, e.mark, l.n, l.mark, l.digest, l.service_account_id
FROM accounts_epoch e LEFT JOIN accounts_epoch_entry l ON l.n >= %s
ORDER BY l.n LIMIT %s
"""
"""Takes the number of the first entry, and how many rows at most."""


def batch_sqlite(count: int) -> str:
    """Return the statement that takes ``count`` digests, one by one."""
    asked = ", ".join(["(%s)"] * count)
    return (
        f"WITH asked (digest) AS (VALUES {asked})"
        + _FACTS.format(clock="NULL")
        + "LEFT JOIN asked ON true\n"
        + _joined(_PLAIN, "digest = asked.digest")
    )


def one_by_id(vendor: str) -> str:
    """Return the statement that takes the id of one token."""
    clock = "clock_timestamp()" if vendor == "postgresql" else "NULL"
    return _FACTS.format(clock=clock) + _joined(_PLAIN, "id = %s")


def epoch_of(rows: Sequence[Row]) -> Epoch:
    """Return the epoch that ``rows`` were read at.

    Raises:
        NoEpoch: its row is gone.
    """
    if not rows:
        raise NoEpoch
    return Epoch(rows[0][0], rows[0][1])


def found_in(rows: Sequence[Row], asked_at: datetime) -> Tokens:
    """Return the tokens of ``rows`` by their digests.

    Args:
        asked_at: when the statement was sent, by this machine's clock, which is SQLite's too.
    """
    return {
        bytes(row[3]): Found(_snapshot(row), row[2] or asked_at)
        for row in rows
        if row[4] is not None
    }


def _snapshot(row: Row) -> TokenSnapshot:
    scopes = row[10]
    return TokenSnapshot(
        token_id=_uuid(row[4]),
        token_slug=row[5],
        account_id=_uuid(row[6]),
        account_slug=row[7],
        account_name=row[8],
        organization_id=_uuid(row[9]),
        scopes=tuple(json.loads(scopes) if isinstance(scopes, str) else scopes),
        created_at=_moment(row[11]),
        expires_at=None if row[12] is None else _moment(row[12]),
        is_revoked=bool(row[13]),
        account_is_on=bool(row[14]),
        organization_is_live=bool(row[15]),
        key_id=row[16],
    )


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _moment(value: datetime | str) -> datetime:
    """Return an aware moment; SQLite's are texts, or by Django's converters naive, and all UTC."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
