"""``issue_jwt``: a member's JWT for the operator, and the line that tells of it."""

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts import jwt
from accounts.models import AuditEvent, Membership, Organization, User
from accounts.querysets import AuditEventQuerySet
from tests.clients import RestClient
from tests.operations.command_line import Command

pytestmark = pytest.mark.django_db(transaction=True)


def test_issue_jwt_prints_a_good_jwt_alone(command: Command, owner: Membership) -> None:
    ended = command("issue_jwt", "Owner@Acme.test", "--organization", "acme", "--lifetime", "10m")
    assert (ended.code, ended.err) == (0, "")
    text = ended.out.removesuffix("\n")
    claims = jwt.read(text)
    assert claims["exp"] - claims["iat"] == 600
    answer = RestClient(credential=text).get("/whoami")
    assert answer.json()["principal"]["id"] == str(owner.user.id)


def test_issue_jwt_gives_an_hour_unless_told(command: Command, owner: Membership) -> None:
    claims = jwt.read(command("issue_jwt", "owner@acme.test", "--organization", "acme").out.strip())
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize("lifetime", ["61m", "2h", "0s", "500ms", "1", "", "-5m", "1 h"])
def test_issue_jwt_takes_no_other_lifetime(
    command: Command, owner: Membership, lifetime: str
) -> None:
    words = ("issue_jwt", "owner@acme.test", "--organization", "acme", f"--lifetime={lifetime}")
    ended = command(*words)
    assert (ended.code, ended.out) == (2, "")


def test_issue_jwt_refuses_whom_the_api_would_refuse(
    command: Command, acme: Organization, viewer: Membership, developer: Membership
) -> None:
    def refused(email: str) -> bool:
        ended = command("issue_jwt", email, "--organization", "acme")
        return (ended.code, ended.out) == (1, "")

    assert refused("nobody@acme.test")
    assert command("remove_member", "acme", "vera@acme.test").code == 0
    assert refused("vera@acme.test")
    User.objects.filter(pk=developer.user.pk).update(is_active=False)
    assert refused("dora@acme.test")
    Organization.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
    assert refused("owner@acme.test")
    assert not AuditEvent.objects.filter(action="jwt.issued").exists()


def test_issue_jwt_is_told_to_the_organization_and_the_jwt_is_not(
    command: Command, owner: Membership
) -> None:
    words = ("issue_jwt", "owner@acme.test", "--organization", "acme", "--lifetime", "10m")
    text = command(*words).out.strip()
    line = AuditEvent.objects.get(action="jwt.issued")
    assert line.organization_id == owner.organization_id
    assert (line.target_type, line.target_id) == ("user", owner.user_id)
    assert (line.target_slug, line.actor_type) == ("owner@acme.test", "system")
    assert line.changes == {"lifetime_seconds": {"before": None, "after": 600}}
    log = repr(list(AuditEvent.objects.values()))
    assert text.rpartition(".")[2] not in log
    assert jwt.read(text)["jti"] not in log


def test_issue_jwt_prints_nothing_if_it_cannot_be_told(
    command: Command,
    owner: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> AuditEvent:
        raise OperationalError("the log cannot be written")

    monkeypatch.setattr(AuditEventQuerySet, "create", refuse)
    ended = command("issue_jwt", "owner@acme.test", "--organization", "acme")
    assert (ended.code, ended.out) == (1, "")
