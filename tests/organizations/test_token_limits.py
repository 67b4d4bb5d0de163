"""What a token may do about time and about itself."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Organization, ServiceAccount
from accounts.services.service_accounts import create_service_account
from tests.clients import RestClient
from tests.organizations.rows import all_rows
from tokens.services.issue import IssuedToken, issue_token

TOKENS = "/service-accounts/deploy/tokens"


@pytest.fixture
def end() -> datetime:
    """The end of the token that acts here."""
    return (timezone.now() + timedelta(days=2)).replace(microsecond=0)


@pytest.fixture
def mortal(acme: Organization, deploy: ServiceAccount, end: datetime, door: str) -> RestClient:
    """A token of `deploy` that holds everything and has an end."""
    issued = issue_token(
        Actor.system(acme.id), deploy, name="m", slug="mortal", scopes=["write:*"], expires_at=end
    )
    return RestClient(door, str(issued.secret))


@pytest.fixture
def other(acme: Organization, deploy: ServiceAccount, end: datetime) -> IssuedToken:
    """Another token of the account, which ends a day earlier."""
    earlier = end - timedelta(days=1)
    return issue_token(
        Actor.system(acme.id), deploy, name="o", slug="other", scopes=[], expires_at=earlier
    )


def written(moment: datetime) -> str:
    """Return a time as the API writes it."""
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("body", [{}, {"expiresAt": None}])
def test_an_end_left_out_is_the_makers(
    body: dict[str, None], mortal: RestClient, end: datetime
) -> None:
    answer = mortal.post(TOKENS, {"name": "heir", **body})
    assert answer.status_code == 201
    assert answer.json()["expiresAt"] == written(end)


@pytest.mark.parametrize(("later", "status"), [(-1, 201), (0, 201), (1, 403)])
def test_nothing_that_a_token_makes_outlives_it(
    later: int, status: int, mortal: RestClient, end: datetime
) -> None:
    before = all_rows()
    asked = written(end + timedelta(seconds=later))
    answer = mortal.post(TOKENS, {"name": "heir", "expiresAt": asked})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "Token.LifeNotHeld"
        assert [fault["location"] for fault in answer.json()["errors"]] == ["body.expiresAt"]
        assert all_rows() == before


@pytest.mark.parametrize(
    ("later", "status"), [(-3600, 200), (0, 200), (1, 403), (None, 403)]
)  # fmt: skip
def test_nothing_that_a_token_extends_outlives_it(
    later: int | None, status: int, mortal: RestClient, other: IssuedToken, end: datetime
) -> None:
    before = all_rows()
    asked = None if later is None else written(end + timedelta(seconds=later))
    answer = mortal.patch(f"{TOKENS}/other", {"expiresAt": asked})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "Token.LifeNotHeld"
        assert all_rows() == before


def test_a_token_may_shorten_one_that_outlives_it(mortal: RestClient, ci: IssuedToken) -> None:
    soon = written(timezone.now().replace(microsecond=0) + timedelta(days=30))
    assert mortal.patch(f"{TOKENS}/ci", {"expiresAt": soon}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [{"name": "new"}, {"scopes": None}, {"scopes": []}, {"scopes": ["write:*"]},
     {"expiresAt": None}, {"description": "mine"}],
)  # fmt: skip
def test_no_token_changes_itself(body: dict[str, object], mortal: RestClient) -> None:
    before = all_rows()
    answer = mortal.patch(f"{TOKENS}/mortal", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "Token.SelfChange")
    assert all_rows() == before


def test_a_token_without_scopes_revokes_itself_at_its_own_address_and_no_other(
    acme: Organization, deploy: ServiceAccount, ci: IssuedToken, door: str
) -> None:
    system = Actor.system(acme.id)
    bare = issue_token(system, deploy, name="bare", slug="bare", scopes=[])
    twin_account = create_service_account(system, name="Twin", slug="twin")
    issue_token(system, twin_account, name="bare", slug="bare", scopes=[])
    client = RestClient(door, str(bare.secret))
    before = all_rows()
    for address in (f"{TOKENS}/ci", "/service-accounts/twin/tokens/bare", f"{TOKENS}/nothing"):
        answer = client.delete(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "Auth.MissingScope")
    assert client.get(f"{TOKENS}/bare").status_code == 403
    assert client.patch(f"{TOKENS}/bare", {"name": "n"}).status_code == 403
    assert all_rows() == before
    assert client.delete(f"{TOKENS}/bare").status_code == 204
    assert client.delete(f"{TOKENS}/bare").status_code == 401
    bare.token.refresh_from_db()
    assert (bare.token.revoked_by_id, bare.token.revoked_by_name) == (deploy.id, "Deploy")


def test_a_disabled_token_cannot_switch_itself_on_again(ci: IssuedToken, door: str) -> None:
    client = RestClient(door, str(ci.secret))
    assert client.post("/service-accounts/deploy/disable").status_code == 200
    assert client.post("/service-accounts/deploy/enable").status_code == 401
    assert client.get("/whoami").status_code == 401


def test_a_narrowed_token_cannot_widen_itself_again(
    rest: RestClient, ci: IssuedToken, door: str
) -> None:
    client = RestClient(door, str(ci.secret))
    assert rest.patch(f"{TOKENS}/ci", {"scopes": ["write:tokens"]}).status_code == 200
    grown = client.patch(f"{TOKENS}/ci", {"scopes": ["write:tokens", "write:releases"]})
    assert grown.status_code == 403
    made = client.post(f"{TOKENS}", {"name": "twin", "scopes": ["write:releases"]})
    assert made.json()["code"] == "Token.ScopeNotHeld"
    assert rest.patch(f"{TOKENS}/ci", {"scopes": []}).status_code == 200
    assert client.post(f"{TOKENS}", {"name": "twin", "scopes": []}).status_code == 403


def test_a_token_that_follows_its_account_cannot_raise_what_it_follows(
    acme: Organization, door: str
) -> None:
    system = Actor.system(acme.id)
    account = create_service_account(system, name="Self", slug="self", scopes=["write:tokens"])
    client = RestClient(door, str(issue_token(system, account, name="t").secret))
    before = all_rows()
    for method in ("put", "patch"):
        answer = client.ask(method, "/service-accounts/self", {"name": "S", "scopes": ["write:*"]})
        assert (answer.status_code, answer.json()["code"]) == (403, "Token.ScopeNotHeld")
    assert all_rows() == before
