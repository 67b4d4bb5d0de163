"""Each change of state writes one line, and none is made without it."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.actor import Actor
from accounts.events import emit
from accounts.models import AuditEvent, Membership, Organization, ServiceAccount
from accounts.querysets import AuditEventQuerySet
from tests.audit.acts import ACTS, COMMANDS, NEW_PASSWORD, Act, Line, new_lines, seen
from tests.clients import RestClient
from tests.conftest import PASSWORD, make_person
from tests.organizations.rows import all_rows
from tokens.services.issue import IssuedToken


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_an_act_writes_exactly_one_line(
    act: Act, rest: RestClient, owner: Membership, ci: IssuedToken
) -> None:
    act.prepare(rest)
    before = seen()
    assert act.ask(rest, **{"X-Request-Id": "a-request.1"}).status_code < 300
    [event] = new_lines(before)
    assert (event.action, event.target_slug, event.changes) == (
        act.action,
        act.target,
        act.changes,
    )
    assert event.target_type == act.action.partition(".")[0]
    assert event.organization_id == owner.organization_id
    actor = (event.actor_id, event.actor_name, event.actor_type)
    assert actor == (owner.user_id, "Owner of acme", "user")
    assert (event.request_id, event.address) == ("a-request.1", "127.0.0.1")


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_an_act_of_a_token_names_its_account(
    act: Act, rest: RestClient, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    act.prepare(rest)
    rest.post("/service-accounts", {"name": "Robot", "slug": "robot"})
    body = {"name": "all", "scopes": ["write:*"]}
    robot = rest.post("/service-accounts/robot/tokens", body).json()
    before = seen()
    assert act.ask(rest.acting_as(robot["token"])).status_code < 300
    [event] = new_lines(before)
    assert (event.actor_name, event.actor_type) == ("Robot", "service_account")
    assert str(event.actor_id) == robot["serviceAccountId"]


@pytest.mark.parametrize("happening", COMMANDS)
def test_a_service_without_a_door_writes_one_line_for_each_thing_changed(
    happening: str, acme: Organization, admin: Membership
) -> None:
    work, expected = COMMANDS[happening]
    person, before = make_person("loner@acme.test", "Loner"), seen()
    work(Actor.system(acme.id), acme, person)
    written = new_lines(before)
    assert [Line(line.action, line.target_slug, line.changes) for line in written] == [
        replace(line, target_type=None) for line in expected
    ]
    assert [line.target_type for line in written] == [
        line.target_type or line.action.partition(".")[0] for line in expected
    ]
    assert {line.actor_type for line in written} == {"system"}
    assert NEW_PASSWORD not in repr(list(AuditEvent.objects.values()))


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("PATCH", "/service-accounts/deploy", {"name": "Deploy"}),
        ("PUT", "/service-accounts/deploy", {"name": "Deploy", "scopes": ["read:releases"]}),
        ("POST", "/service-accounts/deploy/enable", None),
        ("PATCH", "/service-accounts/deploy/tokens/ci", {"name": "ci", "expiresAt": None}),
        ("GET", "/service-accounts", None),
    ],
)
def test_what_changes_nothing_writes_nothing(
    method: str, address: str, body: dict[str, Any] | None, rest: RestClient, ci: IssuedToken
) -> None:
    before = all_rows()
    assert rest.ask(method, address, body).status_code < 300
    assert all_rows() == before


@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("POST", "/service-accounts", {"name": "D", "slug": "deploy"}, 409),
        ("POST", "/service-accounts/deploy/tokens", {"name": "ci"}, 409),
        ("POST", "/service-accounts/deploy/tokens", {"name": "x", "scopes": ["no:scope"]}, 422),
        ("DELETE", "/service-accounts/deploy/tokens/none", None, 404),
    ],
)
def test_what_is_refused_writes_nothing(
    method: str,
    address: str,
    body: dict[str, Any] | None,
    status: int,
    rest: RestClient,
    ci: IssuedToken,
) -> None:
    before = all_rows()
    assert rest.ask(method, address, body).status_code == status
    assert all_rows() == before


@pytest.fixture
def log_is_broken(
    rest: RestClient, ci: IssuedToken, admin: Membership, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """A way to let no line be written from now on; the world is there already."""
    return monkeypatch


def refuse(*_: Any, **__: Any) -> AuditEvent:
    """Write no line."""
    raise DatabaseError("the log cannot be written")


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_an_act_whose_line_cannot_be_written_is_not_done(
    act: Act, rest: RestClient, log_is_broken: pytest.MonkeyPatch
) -> None:
    act.prepare(rest)
    before = all_rows()
    log_is_broken.setattr(AuditEventQuerySet, "create", refuse)
    answer = act.ask(rest)
    assert (answer.status_code, answer.json()["code"]) == (500, "Server.Error")
    assert "log cannot" not in answer.content.decode()
    assert all_rows() == before
    log_is_broken.undo()
    assert act.ask(rest).status_code < 300


@pytest.mark.parametrize(
    ("happening", "at"),
    [(happening, at) for happening, (_, lines) in COMMANDS.items() for at in range(len(lines))],
)
def test_a_service_one_of_whose_lines_cannot_be_written_does_nothing(
    happening: str, at: int, acme: Organization, log_is_broken: pytest.MonkeyPatch
) -> None:
    person = make_person("loner@acme.test", "Loner")
    before, create, written = all_rows(), AuditEventQuerySet.create, []

    def refuse_at(rows: AuditEventQuerySet, **line: Any) -> AuditEvent:
        written.append(line["action"])
        return create(rows, **line) if len(written) <= at else refuse()

    log_is_broken.setattr(AuditEventQuerySet, "create", refuse_at)
    with pytest.raises(DatabaseError):
        COMMANDS[happening][0](Actor.system(acme.id), acme, person)
    assert len(written) == at + 1
    assert all_rows() == before


def test_a_sign_in_whose_line_cannot_be_written_gives_nothing(
    log_is_broken: pytest.MonkeyPatch, anyone: RestClient
) -> None:
    log_is_broken.setattr(AuditEventQuerySet, "create", refuse)
    answer = anyone.post("/auth/token", {"email": "owner@acme.test", "password": PASSWORD})
    assert answer.status_code == 500
    assert not [place for place in all_rows() if place[0] == "accounts.RefreshFamily"]


def test_a_transaction_that_is_rolled_back_takes_its_line_along(acme: Organization) -> None:
    before = seen()
    with transaction.atomic():
        emit(Actor.system(acme.id), "organization.changed", acme)
        assert len(new_lines(before)) == 1
        transaction.set_rollback(True)
    assert new_lines(before) == []


@pytest.mark.django_db(transaction=True)
def test_a_line_is_written_inside_a_transaction_only(acme: Organization) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        emit(Actor.system(acme.id), "organization.changed", acme)
    assert not AuditEvent.objects.filter(action="organization.changed").exists()


def test_no_line_holds_a_secret(rest: RestClient, ci: IssuedToken) -> None:
    jwt = str(rest.credential)
    told = f"Use {jwt} here"
    answer = rest.post("/service-accounts", {"name": "S", "slug": "s1", "description": told})
    assert answer.status_code == 422
    rest.acting_as(str(ci.secret)).delete("/service-accounts/deploy/tokens/ci")
    log = repr(list(AuditEvent.objects.values()))
    assert jwt not in log
    assert str(ci.secret) not in log
    assert "token.revoked" in log
