"""Migrations go all the way up, down and up again, on this run's kind of database."""

from collections.abc import Iterator

import pytest

from tests.servers import Installation, installation


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose database has nothing in it."""
    with installation(tmp_path_factory.mktemp("migrations")) as found:
        yield found


def migrate(at: Installation, *words: str) -> None:
    at.do("manage.py", "migrate", *words, "--verbosity", "0")


def tables(at: Installation) -> set[str]:
    """Return the names of our tables that are there."""
    query = (
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        if at.database_url
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    names = {name for (name,) in at.rows(query)}
    return {name for name in names if name.startswith(("accounts_", "tokens_"))}


def triggers(at: Installation) -> set[str]:
    """Return the names of the triggers that are there."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        if at.database_url
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    return {name for (name,) in at.rows(query)}


def shape(at: Installation) -> set[tuple[str, ...]]:
    """Return every index and constraint, as the database describes it."""
    query = (
        "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
        " SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint"
        if at.database_url
        else "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    )
    return {tuple(str(cell) for cell in row) for row in at.rows(query)}


def test_migrations_go_up_down_and_up_again(empty: Installation) -> None:
    migrate(empty)
    before = tables(empty), triggers(empty), shape(empty)
    assert {"accounts_serviceaccount", "tokens_token", "accounts_auditevent"} <= before[0]
    assert {"token_wall_insert", "token_ended_scopes", "audit_event_no_update"} <= before[1]
    migrate(empty, "accounts", "zero")
    assert tables(empty) <= {"accounts_maintenance_pass"}
    assert triggers(empty) == set()
    migrate(empty)
    assert (tables(empty), triggers(empty), shape(empty)) == before


def test_taking_back_tokens_alone_leaves_accounts_whole(empty: Installation) -> None:
    migrate(empty)
    migrate(empty, "tokens", "zero")
    assert not {name for name in tables(empty) if name.startswith("tokens_")}
    left = triggers(empty)
    assert "audit_event_no_update" in left
    assert not {name for name in left if name.startswith("token_")}
    migrate(empty)
    assert "token_ended_scopes" in triggers(empty)


def test_a_server_does_not_start_on_a_database_that_is_not_migrated(empty: Installation) -> None:
    migrate(empty, "tokens", "zero")
    refused = empty.run("manage.py", "serve", "--port", str(empty.port))
    assert refused.returncode == 1
    assert "not applied" in refused.stderr
    migrate(empty)


def test_the_models_have_no_change_that_lacks_its_migration(empty: Installation) -> None:
    assert empty.run("manage.py", "makemigrations", "--check", "--dry-run").returncode == 0


def test_migrations_are_named_by_what_they_do(empty: Installation) -> None:
    listed = empty.do("manage.py", "showmigrations", "accounts", "tokens", "--plan")
    assert "_auto_" not in listed
