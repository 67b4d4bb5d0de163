"""The database itself keeps the log as it was written."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import AuditEvent, Membership
from accounts.triggers import absent_triggers, ensure_triggers, maintenance_pass
from tests.clients import RestClient
from tests.organizations.rows import all_rows

LOG = "accounts_auditevent"
COLUMNS = (
    "id, organization_id, at, action, actor_id, actor_name, actor_type, target_type, target_id,"
    " target_slug, changes, request_id, address"
)
ALTERED = COLUMNS.replace("action", "'forged.line'", 1)
UPSERT = (
    f"INSERT INTO {LOG} ({COLUMNS}) SELECT {COLUMNS} FROM {LOG} WHERE true"
    " ON CONFLICT (id) DO UPDATE SET action = 'forged.line'"
)
REPLACE = f"REPLACE INTO {LOG} ({COLUMNS}) SELECT {ALTERED} FROM {LOG}"
ATTACKS = {
    "update": f"UPDATE {LOG} SET action = 'forged.line'",
    "update to the same": f"UPDATE {LOG} SET action = action",
    "delete": f"DELETE FROM {LOG}",
    "delete one": f"DELETE FROM {LOG} WHERE action = 'organization.created'",
    "upsert": UPSERT,
}
ATTACKS |= {
    "sqlite": {
        "replace": REPLACE,
        "insert or replace": f"INSERT OR {REPLACE}",
        "update or ignore": f"UPDATE OR IGNORE {LOG} SET id = id",
    },
    "postgresql": {
        "truncate": f"TRUNCATE {LOG}",
        "truncate cascade": f"TRUNCATE {LOG} CASCADE",
    },
}[connection.vendor]


def execute(*statements: str) -> None:
    """Run statements past the ORM, together or not at all."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_database_refuses_to_change_the_log(attack: str, owner: Membership) -> None:
    before = all_rows()
    assert AuditEvent.objects.filter(action="organization.created").exists()
    with pytest.raises(DatabaseError, match="append-only"):
        execute(attack)
    assert all_rows() == before


def test_the_orm_is_refused_too(owner: Membership) -> None:
    event = AuditEvent.objects.all()[0]
    for act in (event.delete, AuditEvent.objects.all().delete, event.save):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


@pytest.mark.parametrize("attack", [f"UPDATE {LOG} SET action = 'a.b'", f"DELETE FROM {LOG}"])
def test_a_maintenance_pass_lets_it_and_ends_with_its_block(attack: str, owner: Membership) -> None:
    with transaction.atomic(), maintenance_pass(connection):
        execute(attack)
    assert not AuditEvent.objects.filter(action="organization.created").exists()
    with transaction.atomic():
        AuditEvent.objects.create(**_line(owner))
    with pytest.raises(DatabaseError, match="append-only"):
        execute(attack)


def _line(owner: Membership) -> dict[str, Any]:
    return {
        "organization_id": owner.organization_id,
        "at": owner.created_at,
        "action": "organization.created",
        "actor_id": owner.user_id,
        "target_id": owner.organization_id,
    }


def test_a_maintenance_pass_ends_with_its_transaction(owner: Membership) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(), maintenance_pass(connection):
        _ = 1 // 0
    with pytest.raises(DatabaseError, match="append-only"):
        execute(f"DELETE FROM {LOG}")


def sabotages(name: str) -> list[list[str]]:
    """Return the ways, each some statements, to get rid of a trigger on this database."""
    table = "tokens_token" if name.startswith("token_wall") else LOG
    if connection.vendor == "sqlite":
        drop = f"DROP TRIGGER {name}"
        empty = f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} BEGIN SELECT 1; END"
        return [[drop], [drop, empty]]
    harmless = "RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$"
    return [
        [f"DROP TRIGGER {name} ON {table}"],
        [f"ALTER TABLE {table} DISABLE TRIGGER {name}"],
        [f"ALTER TABLE {table} DISABLE TRIGGER ALL"],
        [f"ALTER TABLE {table} ENABLE REPLICA TRIGGER {name}"],
        [f"CREATE OR REPLACE FUNCTION {name}() {harmless}"],
    ]


@pytest.mark.parametrize(
    "name", ["audit_event_no_update", "audit_event_no_delete", "token_wall_insert"]
)
@pytest.mark.parametrize("way", range(len(sabotages("any"))))
@pytest.mark.parametrize("mend", ["ensure_triggers", "migrate"])
def test_a_trigger_that_is_gone_is_named_and_made_again(
    name: str, way: int, mend: str, owner: Membership
) -> None:
    ready = RestClient("")
    assert ready.get("/readyz").status_code == 200
    execute(*sabotages(name)[way])
    answer = ready.get("/readyz")
    assert answer.status_code == 503
    assert any(name in fault for fault in answer.json()["faults"])
    assert ready.get("/healthz").status_code == 200
    if mend == "migrate":
        call_command("migrate", verbosity=0)
    else:
        ensure_triggers(using="default")
    assert ready.get("/readyz").status_code == 200
    with pytest.raises(DatabaseError, match="append-only"):
        execute(f"UPDATE {LOG} SET action = 'forged.line'")


def test_making_the_triggers_again_changes_nothing(owner: Membership) -> None:
    before = all_rows()
    ensure_triggers(using="default")
    ensure_triggers(using="default")
    assert absent_triggers(connection) == []
    assert all_rows() == before
