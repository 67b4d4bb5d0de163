"""Changing, disabling, enabling and deleting an account."""

from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, ServiceAccount
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.documents import places, refused
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token

ACCOUNTS = "/service-accounts"
ACCOUNT = "/service-accounts/deploy"
FULL = {
    "name": "Full",
    "description": "about",
    "externalId": "x-1",
    "scopes": ["read:users"],
}


def actions() -> list[str]:
    """Return what the log says of accounts, oldest first."""
    lines = AuditEvent.objects.filter(target_type="service_account").order_by("at", "id")
    return [line.action.removeprefix("service_account.") for line in lines]


def shown(rest: RestClient) -> dict[str, Any]:
    """Return those members of `deploy` that can be changed."""
    account = rest.get(ACCOUNT).json()
    return {name: account[name] for name in FULL if name in account}


def authenticates(credential: object) -> bool:
    """Say whether both the API and the gateway's question take the credential."""
    client = RestClient("/api", str(credential))
    statuses = {client.get("/whoami").status_code, client.get("/tokens/validate").status_code}
    assert statuses in ({200}, {401})
    return statuses == {200}


@pytest.fixture
def full(rest: RestClient, deploy: ServiceAccount) -> None:
    """`deploy` has every member."""
    assert rest.patch(ACCOUNT, FULL).status_code == 200


@pytest.mark.usefixtures("full")
def test_put_keeps_what_it_does_not_name(rest: RestClient) -> None:
    assert rest.put(ACCOUNT, {"name": "New"}).status_code == 204
    assert shown(rest) == FULL | {"name": "New"}


@pytest.mark.usefixtures("full")
def test_put_needs_the_name(rest: RestClient) -> None:
    assert places(rest.put(ACCOUNT, {"description": "x"})) == ["body.name"]
    assert places(rest.put(ACCOUNT, {"name": None})) == ["body.name"]
    assert shown(rest) == FULL


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("member", ["description", "externalId", "scopes"])
def test_null_clears_an_optional_member(rest: RestClient, method: str, member: str) -> None:
    rest.ask(method, ACCOUNT, {"name": "Full", member: None})
    expected: dict[str, Any] = {name: value for name, value in FULL.items() if name != member}
    assert shown(rest) == expected | ({"scopes": []} if member == "scopes" else {})


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/merge-patch+json; charset=utf-8"]
)
def test_patch_is_a_merge_patch(rest: RestClient, content_type: str) -> None:
    patch = {"description": None, "scopes": ["read:audit"]}
    body = b'{"description":null,"scopes":["read:audit"]}'
    answer = rest.patch(ACCOUNT, body, content_type=content_type)
    assert answer.status_code == 200
    assert answer.json() == rest.get(ACCOUNT).json()
    assert shown(rest) == {"name": "Full", "externalId": "x-1", "scopes": patch["scopes"]}


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("slug", ["other", "DEPLOY", "", None, 5])
def test_a_slug_never_changes(
    rest: RestClient, deploy: ServiceAccount, method: str, slug: Any
) -> None:
    assert places(rest.ask(method, ACCOUNT, {"name": "New", "slug": slug})) == ["body.slug"]
    assert shown(rest)["name"] == "Deploy"
    answer = rest.ask(method, ACCOUNT, {"name": "New", "slug": "deploy"})
    assert answer.status_code == (204 if method == "put" else 200)
    assert shown(rest)["name"] == "New"


@pytest.mark.usefixtures("full")
def test_a_change_is_noted_once_and_nothing_is_no_change(rest: RestClient) -> None:
    before = rest.get(ACCOUNT).json()["updatedAt"]
    assert rest.patch(ACCOUNT, {}).json()["updatedAt"] == before
    assert rest.patch(ACCOUNT, FULL).json()["updatedAt"] == before
    assert rest.put(ACCOUNT, FULL).status_code == 204
    assert actions() == ["created", "changed"]
    rest.patch(ACCOUNT, {"name": "New"})
    line = AuditEvent.objects.filter(action="service_account.changed").latest("at")
    assert line.changes == {"name": {"before": "Full", "after": "New"}}
    assert line.actor_name == "Owner of acme"
    assert line.target_slug == "deploy"
    assert rest.get(ACCOUNT).json()["updatedAt"] >= before


def test_two_accounts_may_have_one_name(rest: RestClient, deploy: ServiceAccount) -> None:
    assert rest.post(ACCOUNTS, {"name": "Deploy"}).status_code == 201


def test_a_slug_is_taken_only_in_its_organization(
    rest: RestClient, deploy: ServiceAccount, outsider: Membership
) -> None:
    taken = {"name": "D", "slug": "deploy"}
    refused(rest.post(ACCOUNTS, taken), 409, "ServiceAccount.SlugConflict")
    assert acting(outsider).post(ACCOUNTS, taken).status_code == 201


def test_disabling_stops_every_token_and_enabling_brings_them_back(
    rest: RestClient, ci: IssuedToken, door: str
) -> None:
    client = RestClient(door, rest.credential)
    assert authenticates(ci.secret)
    first = client.post(f"{ACCOUNT}/disable")
    assert not authenticates(ci.secret)
    again = client.post(f"{ACCOUNT}/disable")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    for _ in range(2):
        answer = client.post(f"{ACCOUNT}/enable")
        assert answer.status_code == 200
        assert "disabledAt" not in answer.json()
    assert authenticates(ci.secret)
    assert actions() == ["created", "disabled", "enabled"]


def test_enabling_is_a_grant(rest: RestClient, developer: Membership, ci: IssuedToken) -> None:
    rest.post(f"{ACCOUNT}/disable")
    answer = acting(developer).post(f"{ACCOUNT}/enable")
    errors = refused(answer, 403, "Token.ScopeNotHeld")["errors"]
    assert [fault["value"] for fault in errors] == ["write:releases"]
    rest.delete(f"{ACCOUNT}/tokens/ci")
    assert acting(developer).post(f"{ACCOUNT}/enable").status_code == 200


def test_raising_default_scopes_is_a_grant_and_lowering_is_none(
    rest: RestClient, developer: Membership, deploy: ServiceAccount
) -> None:
    client = acting(developer)
    refused(client.patch(ACCOUNT, {"scopes": ["write:users"]}), 403, "Token.ScopeNotHeld")
    rest.patch(ACCOUNT, {"scopes": ["write:users", "delete:users", "read:users"]})
    kept = {"scopes": ["write:users"], "name": "Lower"}
    assert client.patch(ACCOUNT, kept).json()["scopes"] == ["write:users"]


def test_a_program_cannot_raise_what_it_follows(rest: RestClient, deploy: ServiceAccount) -> None:
    rest.patch(ACCOUNT, {"scopes": ["write:tokens"]})
    follower = rest.post(f"{ACCOUNT}/tokens", {"name": "f"}).json()["token"]
    answer = rest.acting_as(follower).patch(ACCOUNT, {"scopes": ["write:*"]})
    refused(answer, 403, "Token.ScopeNotHeld")
    assert rest.get(ACCOUNT).json()["scopes"] == ["write:tokens"]


def test_deleting_takes_every_token_along(rest: RestClient, ci: IssuedToken, door: str) -> None:
    client = RestClient(door, rest.credential)
    answer = client.delete(ACCOUNT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not authenticates(ci.secret)
    for address in (ACCOUNT, f"{ACCOUNT}/tokens", f"{ACCOUNT}/tokens/ci"):
        refused(client.get(address), 404, "CreateToken.ServiceAccountNotFound")
    for step in ("disable", "enable"):
        refused(client.post(f"{ACCOUNT}/{step}"), 404, "CreateToken.ServiceAccountNotFound")
    refused(client.delete(ACCOUNT), 404, "CreateToken.ServiceAccountNotFound")
    assert client.get(ACCOUNTS).json()["items"] == []
    assert actions() == ["created", "deleted"]
    assert ServiceAccount.objects.count() == Token.objects.count() == 1


def test_a_deleted_slug_is_free_and_its_heir_inherits_nothing(
    rest: RestClient, ci: IssuedToken
) -> None:
    old = rest.get(ACCOUNT).json()
    rest.delete(ACCOUNT)
    new = rest.post(ACCOUNTS, {"name": "Heir", "slug": "deploy"}).json()
    assert new["id"] != old["id"]
    assert (new["scopes"], new["tokens"]) == ([], [])
    assert not authenticates(ci.secret)
    refused(rest.get(f"{ACCOUNT}/tokens/ci"), 404, "Token.NotFound")
    assert rest.post(f"{ACCOUNT}/tokens", {"name": "ci", "slug": "ci"}).status_code == 201
    assert not authenticates(ci.secret)


def test_a_disabled_account_can_be_changed_and_deleted(rest: RestClient, ci: IssuedToken) -> None:
    rest.post(f"{ACCOUNT}/disable")
    changed = rest.patch(ACCOUNT, {"name": "Sleeping"}).json()
    assert changed["name"] == "Sleeping"
    assert "disabledAt" in changed
    assert rest.patch(f"{ACCOUNT}/tokens/ci", {"name": "new"}).json()["status"] == "disabled"
    assert rest.delete(ACCOUNT).status_code == 204


def test_a_program_may_delete_its_own_account(rest: RestClient, ci: IssuedToken) -> None:
    program = rest.acting_as(str(ci.secret))
    assert program.delete(ACCOUNT).status_code == 204
    refused(program.get("/whoami"), 401, "Auth.NoIdentity")


def test_enabling_does_not_wake_the_ended(
    rest: RestClient, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    other = issue_token(Actor.system(deploy.organization_id), deploy, name="other")
    rest.delete(f"{ACCOUNT}/tokens/ci")
    rest.post(f"{ACCOUNT}/disable")
    rest.post(f"{ACCOUNT}/enable")
    assert not authenticates(ci.secret)
    assert authenticates(other.secret)
