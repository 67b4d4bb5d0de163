"""The epoch: a number that is raised whenever what a credential may do changes.

Whoever keeps what it has read of credentials can tell by it what to read again: no entry since
epoch n, nothing changed. So that n can be trusted, triggers raise it, in the transaction of the
change, whoever makes it: a service, a cascade, a hand in ``psql``. The row ``accounts_epoch`` holds
n and a random mark of the history that led there, since one that was restored or failed over has
the same numbers. Each row of ``accounts_epoch_entry`` names whom a change concerned: a token by the
digest it had, all of a service account, or everybody, by neither. The epoch's row is locked from
the change to the commit, so that n appears in the order of the commits: who sees n sees every
entry up to n (``docs/decisions/0011-rights-have-an-epoch.md``).
"""

from datetime import datetime
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.triggers import Trigger

LEASE_SECONDS = 0.25
"""How long a process may use what it keeps since it last knew the epoch. No setting: one worker
with a longer lease would break every revoke (``docs/decisions/0013``)."""
MARGIN_SECONDS = 0.01
"""What the wait after a loss is longer than the lease, for clocks and timers that run apart."""
MOST_NAMED = 1_000
"""Rows of one statement that are named one by one; more concern everybody."""

_NO_EPOCH = "the row of accounts_epoch is gone: no right may change without it"
_RAISE_POSTGRESQL = f"""
  IF NOT EXISTS (SELECT 1 FROM accounts_epoch) THEN RAISE EXCEPTION '{_NO_EPOCH}'; END IF;
  WITH changed AS ({{changed}}),
  named AS (
    SELECT * FROM changed WHERE (SELECT count(*) FROM changed) <= {MOST_NAMED}
    UNION ALL
    SELECT NULL, NULL WHERE (SELECT count(*) FROM changed) > {MOST_NAMED}
  ),
  raised AS (
    UPDATE accounts_epoch SET n = n + 1, mark = gen_random_uuid()
    WHERE EXISTS (SELECT 1 FROM changed) RETURNING n, mark
  )
  INSERT INTO accounts_epoch_entry (n, mark, digest, service_account_id)
  SELECT raised.n, raised.mark, named.digest, named.account FROM raised, named;
  RETURN NULL;
"""
_RAISE_SQLITE = (
    f"SELECT RAISE(ABORT, '{_NO_EPOCH}') WHERE NOT EXISTS (SELECT 1 FROM accounts_epoch);"
    " UPDATE accounts_epoch SET n = n + 1, mark = lower(hex(randomblob(16)));"
    " INSERT INTO accounts_epoch_entry (n, mark, digest, service_account_id)"
    " SELECT n, mark, {digest}, {account} FROM accounts_epoch;"
)
_EVERYBODY = "SELECT NULL::bytea AS digest, NULL::uuid AS account"
_TABLES = ("accounts_epoch", "accounts_epoch_entry")


def epoch_triggers(
    table: str, members: tuple[str, ...], *, digest: str = "NULL", account: str = "NULL"
) -> tuple[Trigger, ...]:
    """Return the triggers by which changes of ``members`` in ``table`` raise the epoch.

    Args:
        digest: the column that names a token; NULL where a row stands for more than one.
        account: the column that names a service account, likewise.
    """
    name = f"{table.partition('_')[2]}_epoch"
    all_old = f"SELECT {_of('o', digest)}::bytea AS digest, {_of('o', account)}::uuid AS account"
    all_old += " FROM old_rows o"
    both = [", ".join(f"{row}.{member}" for member in members) for row in "on"]
    some_old = f"{all_old} LEFT JOIN new_rows n ON n.id = o.id"
    some_old += f" WHERE n.id IS NULL OR ({both[0]}) IS DISTINCT FROM ({both[1]})"
    on_update = f"AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"
    on_delete = f"AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows"
    of_row = f"AFTER UPDATE OF {', '.join(members)} ON {table} FOR EACH ROW WHEN "
    of_row += " OR ".join(f"OLD.{member} IS NOT NEW.{member}" for member in members)
    raise_sqlite = _RAISE_SQLITE.format(digest=_of("OLD", digest), account=_of("OLD", account))
    return (
        _trigger(f"{name}_update", table, on_update, some_old, (of_row, raise_sqlite)),
        _trigger(
            f"{name}_delete",
            table,
            on_delete,
            all_old,
            (f"AFTER DELETE ON {table} FOR EACH ROW", raise_sqlite),
        ),
        _trigger(f"{name}_truncate", table, f"AFTER TRUNCATE ON {table}", _EVERYBODY, None),
    )


def epoch_is_there(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the epoch has its row, without which no right changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_epoch)")
        return bool(cursor.fetchone()[0])


def ensure_epoch(using: str, **_: Any) -> None:
    """Make the epoch's row where there is none; the receiver of ``post_migrate``.

    It is beyond every entry, and its own concerns everybody: nobody can say what was missed.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        is_made = set(_TABLES) <= set(connection.introspection.table_names(cursor))
        if is_made and not epoch_is_there(connection):
            mark = "lower(hex(randomblob(16)))"
            if connection.vendor == "postgresql":
                mark = "gen_random_uuid()"
            cursor.execute(
                f"INSERT INTO accounts_epoch SELECT 1, coalesce(max(n), 0) + 1, {mark}"
                " FROM accounts_epoch_entry"
            )
            cursor.execute(
                "INSERT INTO accounts_epoch_entry (n, mark) SELECT n, mark FROM accounts_epoch"
            )


def trim_entries(connection: BaseDatabaseWrapper, before: datetime) -> int:
    """Delete the entries made before ``before`` but the newest epoch's, and return how many.

    Who had not read them yet sees by the gap that something is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_epoch_entry WHERE at < %s AND n < (SELECT n FROM accounts_epoch)",
            [connection.ops.adapt_datetimefield_value(before)],
        )
        return int(cursor.rowcount)


def _trigger(
    name: str, table: str, when: str, changed: str, sqlite: tuple[str, str] | None
) -> Trigger:
    postgresql = (f"{when} FOR EACH STATEMENT", _RAISE_POSTGRESQL.format(changed=changed))
    return Trigger(name, table, postgresql, sqlite, needs=_TABLES)


def _of(row: str, column: str) -> str:
    return column if column == "NULL" else f"{row}.{column}"


ACCOUNT_EPOCH_TRIGGERS = (
    *epoch_triggers("accounts_organization", ("id", "suspended_at", "deleted_at")),
    *epoch_triggers(
        "accounts_serviceaccount",
        ("id", "organization_id", "slug", "scopes", "disabled_at", "deleted_at"),
        account="id",
    ),
)
