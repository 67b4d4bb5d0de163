"""Rules 5, 7 and 9, and the epoch's completeness: what the real databases are asked, and how.

On SQLite a rule that only PostgreSQL can break is skipped.
"""

import re
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.base import DatabaseWrapper

from accounts.epoch import ACCOUNT_EPOCH_TRIGGERS
from accounts.triggers import Trigger
from tests.verify.rules.database import digest_of
from tests.verify.rules.real import Real, committed, on_postgresql, on_sqlite, shown
from tokens.services.issue import IssuedToken
from tokens.triggers import TOKEN_TRIGGERS
from tokens.verify.lookup import load_token
from tokens.verify.postgres import Line
from tokens.verify.statements import BATCH_POSTGRESQL, epoch_of, one_by_id

NO_RIGHTS = {"t.slug", "t.created_at", "a.name", "t.ended_scopes"}
"""What is read beside: it tells of a token, and no verdict goes by it. The scopes that a token
ended with are written to dead ones alone, and making it live again raises the epoch."""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that lines send."""
    found: list[str] = []
    ask, connect = Line.ask, sqlite3.connect

    async def noted(self: Line, statement: str, values: Any) -> Any:
        found.append(statement)
        return await ask(self, statement, values)

    def connected(*names: Any, **options: Any) -> sqlite3.Connection:
        opened: sqlite3.Connection = connect(*names, **options)
        opened.set_trace_callback(found.append)
        return opened

    monkeypatch.setattr(Line, "ask", noted)
    monkeypatch.setattr(sqlite3, "connect", connected)
    return found


@committed
def test_rule_5_the_epoch_comes_with_the_rows_in_one_statement(
    real: Real, ci: IssuedToken, sent: list[str]
) -> None:
    async def story(lines: Any) -> None:
        await lines.poll(0)
        for ask, asked in ((lines.read, [digest_of(shown(ci))]), (lines.poll, 1)):
            sent.clear()
            rows = await ask(asked)
            assert len(sent) == 1
            assert "accounts_epoch" in sent[0]
            assert epoch_of(rows).n >= 1

    real.with_lines(story)


@committed
def test_rule_7_what_another_commits_is_seen_by_the_next_statement(
    real: Real, ci: IssuedToken
) -> None:
    digest = digest_of(shown(ci))

    async def story(lines: Any) -> None:
        before, polled = await lines.read([digest]), await lines.poll(0)
        await real.execute("UPDATE tokens_token SET expires_at = created_at")
        after = await lines.read([digest])
        assert [rows[0][12] is None for rows in (before, after)] == [True, False]
        assert epoch_of(after).n == epoch_of(before).n + 1
        assert epoch_of(await lines.poll(0)) == epoch_of(after) != epoch_of(polled)

    real.with_lines(story)


@committed
@on_postgresql
@pytest.mark.parametrize("line", ["_reading", "_polling"])
def test_rule_7_lines_read_what_is_committed_in_single_statements(real: Real, line: str) -> None:
    """Whatever the database's own defaults are."""

    async def story(lines: Any) -> None:
        one: Line = getattr(lines, line)
        for name, value in (
            ("transaction_isolation", "read committed"),
            ("transaction_read_only", "on"),
        ):
            assert await one.ask(f"SELECT current_setting('{name}')", []) == [(value,)]
        assert one._libpq.transaction_status == psycopg.pq.TransactionStatus.IDLE  # noqa: SLF001
        with pytest.raises(psycopg.OperationalError, match="read-only"):
            await one.ask("UPDATE accounts_epoch SET n = n", [])

    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    try:
        real.with_lines(story)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_isolation")


@on_postgresql
def test_rule_7_lines_go_to_the_database_that_django_writes_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of several hosts, too: which is the primary is told by ``target_session_attrs``."""
    told: list[dict[str, Any]] = []

    async def noted(**params: Any) -> None:
        told.append(params)
        raise OSError("not now")

    wanted = connection.get_connection_params() | {
        "host": "one.test,other.test",
        "target_session_attrs": "read-write",
    }
    monkeypatch.setattr(DatabaseWrapper, "get_connection_params", lambda _: wanted)
    monkeypatch.setattr(psycopg.AsyncConnection, "connect", noted)
    with pytest.raises(OSError, match="not now"):
        Real(Path()).with_lines(lambda _: pytest.fail("it was opened"))
    assert len(told) == 2
    for params in told:
        for name in ("host", "port", "dbname", "user"):
            assert params.get(name) == wanted.get(name)
        assert params["target_session_attrs"] == "primary"


@committed
@on_postgresql
def test_rule_7_a_primary_that_django_asks_for_is_found(
    real: Real, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = connection.get_connection_params() | {"target_session_attrs": "read-write"}
    monkeypatch.setattr(DatabaseWrapper, "get_connection_params", lambda _: wanted)

    async def story(lines: Any) -> None:
        assert epoch_of(await lines.poll(0)).n >= 1

    real.with_lines(story)


@committed
@on_sqlite
def test_rule_7_the_line_to_sqlite_cannot_write_and_holds_nothing(real: Real) -> None:
    async def story(lines: Any) -> None:
        await lines.poll(0)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await lines._rows("UPDATE accounts_epoch SET n = n", [])  # noqa: SLF001
        assert not lines._connection.in_transaction  # noqa: SLF001
        await real.execute("UPDATE accounts_epoch SET n = n")

    real.with_lines(story)


@on_postgresql
def test_rule_9_the_clock_goes_on_within_a_transaction(ci: IssuedToken) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT now(), pg_sleep(0.05)")
        begun = cursor.fetchone()[0]
        found = load_token(shown(ci))
        cursor.execute("SELECT clock_timestamp()")
        ended = cursor.fetchone()[0]
    assert found is not None
    assert (found.read_at - begun).total_seconds() >= 0.05
    assert begun < found.read_at < ended


def test_rule_9_the_statements_tell_the_databases_time() -> None:
    assert "clock_timestamp()" in BATCH_POSTGRESQL
    assert "clock_timestamp()" in one_by_id("postgresql")
    for statement in (BATCH_POSTGRESQL, one_by_id("postgresql")):
        assert not re.search(r"\bnow\(\)|current_timestamp", statement, re.IGNORECASE)


def columns_that_raise(triggers: tuple[Trigger, ...], table: str) -> set[str]:
    """Return the columns of which a change raises the epoch."""
    [update] = [each for each in triggers if each.name == f"{table.partition('_')[2]}_epoch_update"]
    return set(re.findall(r"\bo\.(\w+)", update.postgresql[1]))


def test_the_epoch_is_raised_by_all_that_a_verdict_is_made_of() -> None:
    tables = {"t": "tokens_token", "a": "accounts_serviceaccount", "o": "accounts_organization"}
    triggers = (*ACCOUNT_EPOCH_TRIGGERS, *TOKEN_TRIGGERS)
    raising = {
        f"{name}.{column}"
        for name, table in tables.items()
        for column in columns_that_raise(triggers, table)
    }
    read = set(re.findall(r"\b[tao]\.\w+", BATCH_POSTGRESQL))
    assert read - raising == NO_RIGHTS
    joined = {"t.digest", "t.service_account_id", "t.organization_id", "a.id", "o.id"}
    assert joined <= raising


@committed
def test_a_poll_brings_the_applied_entry_and_all_after_it(real: Real, ci: IssuedToken) -> None:
    async def story(lines: Any) -> None:
        since = epoch_of(await lines.poll(0)).n
        await real.execute("UPDATE tokens_token SET expires_at = created_at")
        await real.execute("UPDATE accounts_serviceaccount SET disabled_at = created_at")
        rows = await lines.poll(since)
        assert [row[2] for row in rows] == [since, since + 1, since + 2]
        assert [bytes(row[4]) for row in rows[1:] if row[4]] == [digest_of(shown(ci))]
        assert epoch_of(rows) == (rows[-1][2], rows[-1][3])
        assert len({row[3] for row in rows}) == 3

    real.with_lines(story)
