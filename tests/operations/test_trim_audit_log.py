"""``trim_audit_log``: the one way in which lines of the audit log go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from accounts.actor import Actor, Kind
from accounts.errors import NotAllowed
from accounts.models import AuditEvent, Membership, Organization
from accounts.roles import Role
from accounts.services import audit_log
from accounts.triggers import maintenance_pass
from tests.conftest import make_member
from tests.operations.command_line import Command

pytestmark = pytest.mark.django_db(transaction=True)


def age(days: int, organization: Organization) -> None:
    """Make every audit line of the organization ``days`` older."""
    rows = AuditEvent.objects.filter(organization_id=organization.id)
    with transaction.atomic(), maintenance_pass(connection):
        for line in rows:
            rows.filter(pk=line.pk).update(at=line.at - timedelta(days=days))


def day(days_ago: int) -> str:
    return (timezone.now() - timedelta(days=days_ago)).date().isoformat()


def test_trim_audit_log_deletes_old_lines_and_leaves_one_that_tells(
    command: Command, acme: Organization, outsider: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "BATCH", 2)
    for number in range(5):
        make_member(acme, Role.VIEWER, f"V{number}")
    old = AuditEvent.objects.filter(organization_id=acme.id).count()
    assert old > 5
    age(100, acme)
    make_member(acme, Role.VIEWER, "Young")
    before = set(AuditEvent.objects.filter(organization_id=outsider.organization_id))
    ended = command("trim_audit_log", "--before", day(50))
    assert (ended.code, ended.out) == (0, f"{old}\n")
    told, young = AuditEvent.objects.filter(organization_id=acme.id).order_by("-at")
    assert (told.action, young.action) == ("audit_log.trimmed", "member.added")
    assert told.changes["deleted"]["after"] == old
    assert told.changes["before"]["after"] == day(50)
    assert told.target_slug == "acme"
    assert set(AuditEvent.objects.filter(organization_id=outsider.organization_id)) == before


def test_trim_audit_log_again_does_nothing(command: Command, acme: Organization) -> None:
    age(100, acme)
    assert command("trim_audit_log", "--before", day(50)).code == 0
    rows = list(AuditEvent.objects.values())
    ended = command("trim_audit_log", "--before", day(50))
    assert (ended.code, ended.out) == (0, "0\n")
    assert list(AuditEvent.objects.values()) == rows


def test_trim_audit_log_refuses_the_last_30_days(command: Command, acme: Organization) -> None:
    age(40, acme)
    rows = AuditEvent.objects.count()
    for refused in (day(29), day(0), day(-1), "9999-12-31"):
        ended = command("trim_audit_log", "--before", refused)
        assert (ended.code, ended.out) == (1, "")
        assert "30 days" in ended.err
    assert AuditEvent.objects.count() == rows


def test_after_a_trim_the_log_is_closed_again(command: Command, acme: Organization) -> None:
    age(100, acme)
    assert command("trim_audit_log", "--before", day(50)).code == 0
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.all().delete()


def test_a_trim_that_stops_halfway_has_told_what_is_gone(
    command: Command, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "BATCH", 1)
    make_member(acme, Role.VIEWER, "Vera")
    age(100, acme)
    old = AuditEvent.objects.count()
    opened = []

    @contextmanager
    def stopping(database: BaseDatabaseWrapper) -> Iterator[None]:
        opened.append(database)
        with maintenance_pass(database):
            yield
            if len(opened) == 3:
                raise KeyboardInterrupt

    monkeypatch.setattr(audit_log, "maintenance_pass", stopping)
    with pytest.raises(KeyboardInterrupt):
        command("trim_audit_log", "--before", day(50))
    told = AuditEvent.objects.get(action="audit_log.trimmed")
    assert told.changes["deleted"]["after"] == 2
    assert AuditEvent.objects.count() == old - 2 + 1


def test_only_the_operator_trims(acme: Organization) -> None:
    person = replace(Actor.system(acme.id), kind=Kind.USER, role=Role.OWNER)
    with pytest.raises(NotAllowed):
        audit_log.trim_audit_log(person, timezone.now().date() - timedelta(days=60))
