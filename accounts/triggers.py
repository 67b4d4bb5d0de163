"""Triggers: rules that the database holds, whoever writes to it.

Migrations and flushes lose triggers (on SQLite one that remakes a table drops
them silently), and on PostgreSQL they can be switched off. So one idempotent
function makes them after every migrate (``post_migrate``), and start-up and
``/readyz`` compare them with the database and refuse without them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger in both dialects.

    ``sqlite`` holds what stands between ``CREATE TRIGGER name`` and ``BEGIN`` and the body,
    None where SQLite has nothing of the kind (TRUNCATE). ``postgresql`` holds when it fires
    (``BEFORE UPDATE ON t FOR EACH ROW``) and the body of its PL/pgSQL function. ``needs``
    names the other tables that the body touches.
    """

    name: str
    table: str
    postgresql: tuple[str, str]
    sqlite: tuple[str, str] | None
    needs: tuple[str, ...] = ()

    @property
    def tables(self) -> set[str]:
        """Every table that must be there for it to work."""
        return {self.table, *self.needs}

    @property
    def sqlite_text(self) -> str:
        """The statement that makes it on SQLite, as ``sqlite_master`` keeps it."""
        when, body = self.sqlite or ("", "")
        return f"CREATE TRIGGER {self.name} {when} BEGIN {body} END"


_ALL: dict[str, Trigger] = {}

_OPEN_TABLE = "accounts_maintenance_pass"
_OPEN_SETTING = "wardkey.maintenance_pass"


def register(*triggers: Trigger) -> None:
    """Add an app's triggers to those that are made and compared."""
    _ALL.update({trigger.name: trigger for trigger in triggers})


def lift_triggers(using: str, plan: list[Any], **_: Any) -> None:
    """Remove the triggers while SQLite's tables are changed; the receiver of ``pre_migrate``.

    SQLite checks every trigger whenever it remakes a table, those too whose own tables are
    gone. ``ensure_triggers`` makes them again, and nothing is served in between.
    """
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in _ALL:
                _remove(cursor, name)


def ensure_triggers(using: str, **_: Any) -> None:
    """Make the triggers of the database ``using``; the receiver of ``post_migrate``."""
    make_triggers(connections[using])


def make_triggers(connection: BaseDatabaseWrapper) -> None:
    """Make every trigger that is absent or differs; leave the others alone.

    One whose tables are not there (any more: a migration was taken back) is removed, for
    it would break every write to its own table.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {_OPEN_TABLE} (open INTEGER NOT NULL)")
        tables = set(connection.introspection.table_names(cursor))
        absent = absent_triggers(connection)
        for name, trigger in _ALL.items():
            if not trigger.tables <= tables:
                _remove(cursor, name)
            elif name in absent and connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(trigger.sqlite_text)
            elif name in absent:
                _make_on_postgresql(cursor, trigger)


def absent_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of those that the database lacks, has switched off, or has otherwise."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            wanted = {t.name: t.sqlite_text for t in _ALL.values() if t.sqlite}
        else:
            cursor.execute(
                "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
                " JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
                " AND pg_table_is_visible(c.oid)"
            )
            wanted = {t.name: _function_body(t) for t in _ALL.values()}
        found = dict(cursor.fetchall())
    return [name for name, text in wanted.items() if found.get(name) != text]


@contextmanager
def maintenance_pass(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let this transaction, and no other, change the audit log until the block ends.

    Must be entered inside a transaction; only maintenance commands do.
    """
    with connection.cursor() as cursor:
        for statement in opening(connection):
            cursor.execute(statement)
        yield
        for statement in closing(connection):
            cursor.execute(statement)


def opening(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the statements that open a maintenance pass."""
    if connection.vendor == "sqlite":
        return [f"INSERT INTO {_OPEN_TABLE} (open) VALUES (1)"]
    return [f"SET LOCAL {_OPEN_SETTING} = 'open'"]


def closing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the statements that close a maintenance pass again."""
    if connection.vendor == "sqlite":
        return [f"DELETE FROM {_OPEN_TABLE}"]
    return [f"SET LOCAL {_OPEN_SETTING} = ''"]


def pass_is_open(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a maintenance pass outlives its transaction, as a hand in SQLite can do."""
    if connection.vendor != "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {_OPEN_TABLE})")
        return bool(cursor.fetchone()[0])


def _function_body(trigger: Trigger) -> str:
    return f"BEGIN {trigger.postgresql[1]} END"


def _remove(cursor: CursorWrapper, name: str) -> None:
    if cursor.db.vendor == "sqlite":
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
    else:
        cursor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")


def _make_on_postgresql(cursor: CursorWrapper, trigger: Trigger) -> None:
    """Make the function, then the trigger, which comes up switched on."""
    when = trigger.postgresql[0]
    cursor.execute(
        f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql"
        f" AS $wardkey${_function_body(trigger)}$wardkey$"
    )
    cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}")
    cursor.execute(f"CREATE TRIGGER {trigger.name} {when} EXECUTE FUNCTION {trigger.name}()")


_REFUSAL = "the audit log is append-only"
_REFUSE_POSTGRESQL = (
    f"IF coalesce(current_setting('{_OPEN_SETTING}', true), '') <> 'open' THEN"
    f" RAISE EXCEPTION '{_REFUSAL}'; END IF; RETURN "
)
_UNLESS_OPEN = f"FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM {_OPEN_TABLE})"
_REFUSE_SQLITE = f"SELECT RAISE(ABORT, '{_REFUSAL}');"

AUDIT_TRIGGERS = (
    Trigger(
        "audit_event_no_update",
        "accounts_auditevent",
        ("BEFORE UPDATE ON accounts_auditevent FOR EACH ROW", _REFUSE_POSTGRESQL + "NEW;"),
        (f"BEFORE UPDATE ON accounts_auditevent {_UNLESS_OPEN}", _REFUSE_SQLITE),
    ),
    Trigger(
        "audit_event_no_delete",
        "accounts_auditevent",
        ("BEFORE DELETE ON accounts_auditevent FOR EACH ROW", _REFUSE_POSTGRESQL + "OLD;"),
        (f"BEFORE DELETE ON accounts_auditevent {_UNLESS_OPEN}", _REFUSE_SQLITE),
    ),
    Trigger(
        "audit_event_no_truncate",
        "accounts_auditevent",
        (
            "BEFORE TRUNCATE ON accounts_auditevent FOR EACH STATEMENT",
            _REFUSE_POSTGRESQL + "NULL;",
        ),
        None,
    ),
)
