"""Whoever loses the right while the request is under way has done nothing by it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Membership, Organization, ServiceAccount
from accounts.services.service_accounts import create_service_account
from tests.clients import RestClient
from tests.conftest import acting
from tests.entitlement.losses import (
    OF_PEOPLE,
    OF_TOKENS,
    Loss,
    lose_meanwhile,
    of_member,
    of_token,
)
from tests.organizations.rows import all_rows
from tests.rest.documents import refused, within
from tests.rest.operations import ACCOUNT, OPERATIONS, TOKENS, Operation
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token

WRITES = [operation for operation in OPERATIONS if operation.writes]
CODES = {401: "Auth.NoIdentity", 403: "Auth.MissingScope"}

every_write = pytest.mark.parametrize("operation", WRITES, ids=str)


@pytest.fixture
def robot(acme: Organization) -> ServiceAccount:
    """An account that is not the one that is written to."""
    system = Actor.system(acme.id)
    return create_service_account(system, name="Robot", slug="robot", scopes=["write:*"])


@pytest.fixture
def key(robot: ServiceAccount) -> str:
    """The secret of a token of `robot` that follows its scopes."""
    system = Actor.system(robot.organization_id)
    return str(issue_token(system, robot, name="key", slug="key").secret)


@every_write
@pytest.mark.parametrize("loss", OF_PEOPLE, ids=str)
def test_a_person_who_loses_the_right_meanwhile_changes_nothing(
    operation: Operation,
    loss: Loss,
    admin: Membership,
    ci: IssuedToken,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = lose_meanwhile(monkeypatch, loss.happen)
    answer = acting(admin).ask(operation.method, operation.address, operation.body)
    refused(answer, loss.status, CODES[loss.status])
    assert rows == [all_rows()]


@every_write
@pytest.mark.parametrize("loss", OF_TOKENS, ids=str)
def test_a_token_that_loses_the_right_meanwhile_changes_nothing(
    operation: Operation, loss: Loss, key: str, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = lose_meanwhile(monkeypatch, loss.happen)
    answer = RestClient("/api", key).ask(operation.method, operation.address, operation.body)
    refused(answer, loss.status, CODES[loss.status])
    assert rows == [all_rows()]


@every_write
def test_who_keeps_the_right_is_answered_as_ever(
    operation: Operation, key: str, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_meanwhile(monkeypatch, of_token(description="changed meanwhile"))
    answer = RestClient("/api", key).ask(operation.method, operation.address, operation.body)
    assert answer.status_code == operation.status


@pytest.mark.parametrize(
    ("loss", "status"),
    [
        (of_token(expires_at=timezone.now() - timedelta(days=1)), 401),
        (of_token(scopes=[]), 204),
    ],
)
def test_a_token_that_ends_meanwhile_does_not_revoke_itself(
    loss: object, status: int, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = lose_meanwhile(monkeypatch, loss)  # type: ignore[arg-type]
    answer = RestClient("/api", key).delete("/service-accounts/robot/tokens/key")
    assert answer.status_code == status
    assert (rows == [all_rows()]) == (status == 401)


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("post", TOKENS, {"name": "x", "scopes": ["write:releases"]}),
        ("patch", f"{TOKENS}/ci", {"scopes": ["write:licenses"]}),
        ("post", "/service-accounts", {"name": "x", "scopes": ["write:releases"]}),
        ("patch", ACCOUNT, {"scopes": ["write:releases"]}),
        ("put", ACCOUNT, {"name": "x", "scopes": ["write:releases"]}),
        ("post", f"{ACCOUNT}/enable", None),
    ],
)
@pytest.mark.parametrize("caller", ["person", "token"])
def test_who_is_narrowed_meanwhile_grants_no_more_than_what_is_left(
    caller: str,
    method: str,
    address: str,
    body: object,
    admin: Membership,
    key: str,
    ci: IssuedToken,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if address.endswith("/enable"):
        acting(admin).post(f"{ACCOUNT}/disable")
    narrow = of_member(role="developer")
    if caller == "token":
        narrow = of_token(scopes=["write:tokens"])
    client = acting(admin) if caller == "person" else RestClient("/api", key)
    rows = lose_meanwhile(monkeypatch, narrow)
    refused(client.ask(method, address, body), 403, "Token.ScopeNotHeld")
    assert rows == [all_rows()]


def test_whose_life_is_shortened_meanwhile_gives_no_more_than_what_is_left(
    key: str, deploy: ServiceAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_meanwhile(monkeypatch, of_token(expires_at=timezone.now() + timedelta(days=1)))
    body = {"name": "x", "scopes": [], "expiresAt": within(days=2)}
    refused(RestClient("/api", key).post(TOKENS, body), 403, "Token.LifeNotHeld")
    assert not Token.objects.filter(service_account=deploy).exists()
