"""Nobody gives what they do not have: scopes, whatever the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Membership, Organization, ServiceAccount
from accounts.services.service_accounts import create_service_account, disable_service_account
from tests.clients import RestClient
from tests.conftest import acting
from tests.organizations.rows import all_rows
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token

DEPLOY, WIDE = "/service-accounts/deploy", "/service-accounts/wide"
BILLING = ["write:billing"]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to grant `write:billing`, and where the answer points."""

    method: str
    address: str
    body: Mapping[str, Any] | None
    location: str

    def __str__(self) -> str:
        return f"{self.method} {self.address} {self.location}"


WAYS = [
    Way("POST", "/service-accounts", {"name": "x", "scopes": BILLING}, "body.scopes[0]"),
    Way("PUT", DEPLOY, {"name": "Deploy", "scopes": BILLING}, "body.scopes[0]"),
    Way("PATCH", DEPLOY, {"scopes": ["read:releases", *BILLING]}, "body.scopes[1]"),
    Way("POST", f"{DEPLOY}/tokens", {"name": "x", "scopes": BILLING}, "body.scopes[0]"),
    Way("POST", f"{WIDE}/tokens", {"name": "x"}, "body.scopes"),
    Way("POST", f"{WIDE}/tokens", {"name": "x", "scopes": None}, "body.scopes"),
    Way("PATCH", f"{WIDE}/tokens/narrow", {"scopes": None}, "body.scopes"),
    Way("PATCH", f"{WIDE}/tokens/narrow", {"scopes": BILLING}, "body.scopes[0]"),
    Way("POST", "/service-accounts/off-by-default/enable", None, "body.scopes"),
    Way("POST", "/service-accounts/off-by-token/enable", None, "body.scopes"),
]


@pytest.fixture(autouse=True)
def wide_things(acme: Organization, deploy: ServiceAccount) -> None:
    """Accounts of `acme` that hold `write:billing` in each of the ways an account can."""
    system = Actor.system(acme.id)
    wide = create_service_account(system, name="Wide", slug="wide", scopes=BILLING)
    issue_token(system, wide, name="narrow", slug="narrow", scopes=[])
    off = create_service_account(system, name="Off", slug="off-by-default", scopes=BILLING)
    disable_service_account(system, off)
    other = create_service_account(system, name="Off too", slug="off-by-token")
    issue_token(system, other, name="strong", slug="strong", scopes=BILLING)
    disable_service_account(system, other)


@pytest.fixture(params=["developer", "token"])
def lacking(request: pytest.FixtureRequest, door: str) -> RestClient:
    """Callers who may write tokens and do not hold `write:billing`."""
    if request.param == "developer":
        return acting(request.getfixturevalue("developer"), door)
    ci: IssuedToken = request.getfixturevalue("ci")
    return RestClient(door, str(ci.secret))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_nobody_grants_what_they_do_not_hold(way: Way, lacking: RestClient) -> None:
    before = all_rows()
    answer = lacking.ask(way.method, way.address, way.body)
    assert answer.status_code == 403
    assert answer.json()["code"] == "Token.ScopeNotHeld"
    faults = [(fault["location"], fault["value"]) for fault in answer.json()["errors"]]
    assert faults == [(way.location, "write:billing")]
    assert all_rows() == before


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_who_holds_everything_grants_it(
    way: Way, role: str, request: pytest.FixtureRequest
) -> None:
    answer = acting(request.getfixturevalue(role)).ask(way.method, way.address, way.body)
    assert 200 <= answer.status_code < 300


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_viewer_writes_nothing(way: Way, viewer: Membership) -> None:
    before = all_rows()
    answer = acting(viewer).ask(way.method, way.address, way.body)
    assert (answer.status_code, answer.json()["code"]) == (403, "Auth.MissingScope")
    challenge = 'Bearer error="insufficient_scope", scope="write:tokens"'
    assert answer.headers["WWW-Authenticate"] == challenge
    assert all_rows() == before


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("read:billing", 201), ("read:*", 201), ("write:tokens", 201), ("read:tokens", 201),
        ("delete:tokens", 403), ("write:*", 403), ("delete:*", 403), ("write:releases", 403),
    ],
)  # fmt: skip
def test_a_developer_gives_what_a_developer_has(
    scope: str, status: int, developer: Membership
) -> None:
    answer = acting(developer).post(f"{DEPLOY}/tokens", {"name": "x", "scopes": [scope]})
    assert answer.status_code == status
    grantable = {item["scope"]: item["grantable"] for item in _scopes(developer)}
    assert grantable[scope] == (status == 201)


def test_what_is_there_already_is_no_grant(developer: Membership) -> None:
    client = acting(developer)
    renamed = client.patch(WIDE, {"name": "Wider", "scopes": BILLING})
    assert renamed.status_code == 200
    assert client.patch(WIDE, {"scopes": []}).status_code == 200
    assert client.patch(WIDE, {"scopes": BILLING}).json()["code"] == "Token.ScopeNotHeld"


def test_a_token_without_scopes_named_may_follow_an_account_within_the_ceiling(
    developer: Membership,
) -> None:
    answer = acting(developer).post(f"{DEPLOY}/tokens", {"name": "x"})
    assert answer.status_code == 201
    assert (answer.json()["scopes"], answer.json()["inheritsScopes"]) == (["read:releases"], True)


@pytest.mark.parametrize("ended", ["revoked", "expired"])
def test_a_token_that_has_ended_does_not_keep_its_account_off(
    ended: str, rest: RestClient, developer: Membership
) -> None:
    if ended == "revoked":
        rest.delete("/service-accounts/off-by-token/tokens/strong")
    else:
        past = timezone.now() - timedelta(minutes=1)
        Token.objects.filter(slug="strong").update(expires_at=past)
    answer = acting(developer).post("/service-accounts/off-by-token/enable")
    assert answer.status_code == 200
    assert "disabledAt" not in answer.json()


def test_an_account_that_is_on_is_enabled_by_anyone_who_may_write(developer: Membership) -> None:
    assert acting(developer).post(f"{WIDE}/enable").status_code == 200


def _scopes(membership: Membership) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = acting(membership).get("/scopes").json()["items"]
    return items
