"""A create that is repeated under its ``Idempotency-Key`` happens once (contract, section 5)."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from accounts.actor import Actor
from accounts.keys import parse_keys
from accounts.models import AuditEvent, IdempotencyKey, Membership, ServiceAccount
from accounts.roles import Role
from tests.clients import RestClient
from tests.conftest import acting, make_member, make_organization
from tests.idempotency.creates import CREATES, Create, ask, each_create
from tests.organizations.rows import all_rows
from tests.rest.documents import SECRET, places, refused
from tests.rest.operations import ACCOUNTS, TOKENS
from tests.settings import TEST_KEYS
from tokens.services.issue import IssuedToken, issue_token

KEY = "header.Idempotency-Key"
[K3] = parse_keys(f"k3:{base64.b64encode(b'a third key of the tests, in bytes').decode()}")


@pytest.fixture(autouse=True)
def furnished(ci: IssuedToken) -> None:
    """`deploy` and `ci` are there."""


def grow_old(**span: int) -> None:
    """Let the keys have been used so long ago."""
    [row] = IdempotencyKey.objects.all()
    IdempotencyKey.objects.update(created_at=row.created_at - timedelta(**span))


@each_create
def test_a_repeat_answers_what_was_made_and_makes_nothing(
    create: Create, owner: Membership, door: str
) -> None:
    client = acting(owner, door)
    first = ask(client, create)
    assert first.status_code == 201
    assert "Idempotent-Replayed" not in first.headers
    rows = all_rows()
    again = ask(client, create)
    assert again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json() == {name: v for name, v in first.json().items() if name != "token"}
    assert not SECRET.search(again.content.decode())
    assert all_rows() == rows
    assert len(create.made()) == 1


@each_create
def test_the_doors_are_one_house(create: Create, owner: Membership) -> None:
    assert ask(acting(owner, "/api"), create).status_code == 201
    again = ask(acting(owner, ""), create)
    assert again.status_code == 200
    assert again.headers["Location"].startswith(create.address)


@each_create
def test_without_a_key_nothing_is_kept(create: Create, rest: RestClient) -> None:
    assert rest.post(create.address, create.body).status_code == 201
    assert not IdempotencyKey.objects.exists()


@each_create
def test_a_key_with_another_body_is_refused(create: Create, rest: RestClient) -> None:
    assert ask(rest, create).status_code == 201
    rows = all_rows()
    for body in ({**create.body, "name": "Other"}, {**create.body, "slug": None}):
        assert places(ask(rest, create, body), 422, "Request.Invalid") == [KEY]
    assert all_rows() == rows


@each_create
def test_json_that_is_written_otherwise_is_the_same_body(create: Create, rest: RestClient) -> None:
    assert ask(rest, create).status_code == 201
    turned = dict(reversed(create.body.items()))
    spelled = json.dumps(turned, indent=3).replace("N", "\\u004e").encode()
    assert ask(rest, create, spelled).status_code == 200


@each_create
def test_another_key_is_another_request(create: Create, rest: RestClient) -> None:
    assert ask(rest, create).status_code == 201
    other = ask(rest, create, {**create.body, "name": "Other"}, key="Once")
    assert other.status_code == 201


@each_create
def test_another_callers_key_is_another_key(
    create: Create, rest: RestClient, admin: Membership, ci: IssuedToken
) -> None:
    ids = {ask(rest, create).json()["id"]}
    for number, client in enumerate((acting(admin), rest.acting_as(str(ci.secret)))):
        body = {**create.body, "name": f"Other {number}", "scopes": []}
        answer = ask(client, create, body)
        assert answer.status_code == 201
        ids.add(answer.json()["id"])
    assert len(ids) == 3


def test_a_key_is_the_service_accounts_whichever_token_it_shows(
    ci: IssuedToken, deploy: ServiceAccount
) -> None:
    other = issue_token(Actor.system(deploy.organization_id), deploy, name="o", scopes=["write:*"])
    body = {"name": "Nightly", "scopes": []}
    statuses = [
        ask(RestClient("/api", str(issued.secret)), CREATES[1], body).status_code
        for issued in (ci, other)
    ]
    assert statuses == [201, 200]


def test_another_accounts_and_another_operations_key_is_another_key(rest: RestClient) -> None:
    body = {"name": "Nightly", "slug": "nightly", "scopes": []}
    assert ask(rest, CREATES[0], body).status_code == 201
    assert ask(rest, CREATES[1], body).status_code == 201
    headers = {"Idempotency-Key": "once"}
    answer = rest.post(f"{ACCOUNTS}/nightly/tokens", body, headers=headers)
    assert answer.status_code == 201
    assert IdempotencyKey.objects.count() == 3


def test_another_organizations_key_is_another_key(rest: RestClient, owner: Membership) -> None:
    rival = make_member(make_organization("rival").organization, Role.OWNER, "Olga")
    assert ask(rest, CREATES[0]).status_code == 201
    answer = ask(acting(rival), CREATES[0])
    assert answer.status_code == 201
    assert owner.organization_id != rival.organization_id


def test_one_person_in_two_organizations_has_two_keys(rest: RestClient, owner: Membership) -> None:
    rival = make_organization("rival")
    Membership.objects.create(user=owner.user, organization=rival.organization, role=Role.OWNER)
    both = Membership.objects.get(user=owner.user, organization=rival.organization)
    assert ask(rest, CREATES[0]).status_code == 201
    assert ask(acting(both), CREATES[0]).status_code == 201


@each_create
def test_refusals_are_not_kept(
    create: Create, developer: Membership, rest: RestClient, door: str
) -> None:
    client = acting(developer, door)
    refused(ask(client, create, create.beyond), 403, "Token.ScopeNotHeld")
    refused(ask(client, create, create.taken), 409)
    refused(ask(client, create, {"name": ""}), 422)
    refused(ask(client, create, b"{"), 400)
    assert not IdempotencyKey.objects.exists()
    assert ask(client, create).status_code == 201


@each_create
def test_what_is_not_allowed_comes_before_the_key(create: Create, rest: RestClient) -> None:
    assert ask(rest, create).status_code == 201
    assert places(ask(rest, create, {**create.body, "name": ""})) == ["body.name"]


@each_create
def test_the_key_comes_before_ceiling_and_conflict(
    create: Create, developer: Membership, rest: RestClient
) -> None:
    client = acting(developer)
    assert ask(client, create).status_code == 201
    for body in (create.beyond, create.taken):
        assert places(ask(client, create, body)) == [KEY]
    rest.post("/service-accounts/deploy/disable")
    assert ask(client, create).status_code == 200


@each_create
@pytest.mark.parametrize("key", ["", "a" * 256, "é", "a\tb", "a\x7fb", f"wdk_{'0' * 38}"])
def test_a_key_that_is_none_is_refused(create: Create, rest: RestClient, key: str) -> None:
    answer = ask(rest, create, key=key)
    assert places(answer, 422, "Request.Invalid") == [KEY]
    assert "value" not in answer.json()["errors"][0]
    assert create.made() == []


@each_create
@pytest.mark.parametrize("key", ["a", "~" * 255, "two words", '"quoted", and more'])
def test_any_printable_ascii_is_a_key(create: Create, rest: RestClient, key: str) -> None:
    assert ask(rest, create, key=key).status_code == 201
    assert ask(rest, create, key=key).status_code == 200


@each_create
def test_a_key_is_good_for_24_hours(create: Create, rest: RestClient) -> None:
    assert ask(rest, create).status_code == 201
    grow_old(hours=23, minutes=59)
    assert ask(rest, create).status_code == 200
    grow_old(minutes=2)
    anew = ask(rest, create, {**create.body, "name": "Anew"})
    assert anew.status_code == 201
    again = ask(rest, create, {**create.body, "name": "Anew"})
    assert (again.status_code, again.json()["id"]) == (200, anew.json()["id"])


@each_create
def test_a_key_outlives_a_rotation_of_the_server_keys(
    create: Create, rest: RestClient, owner: Membership, settings: Any
) -> None:
    keys = parse_keys(TEST_KEYS)
    settings.WARDKEY_SECRET_KEYS = keys[:1]
    assert ask(acting(owner), create).status_code == 201
    settings.WARDKEY_SECRET_KEYS = (K3, keys[0])
    assert ask(acting(owner), create).status_code == 200
    changed = {**create.body, "name": "Other"}
    assert places(ask(acting(owner), create, changed)) == [KEY]


@each_create
def test_no_secret_and_no_body_stands_beside_the_key(create: Create, rest: RestClient) -> None:
    answer = ask(rest, create)
    kept = repr(list(IdempotencyKey.objects.values()))
    for word in (answer.json().get("token", "wdk_"), "Nightly", "releases"):
        assert word not in kept
    assert "once" not in repr(list(AuditEvent.objects.values()))


def test_a_repeat_shows_the_thing_as_it_is_now(rest: RestClient) -> None:
    created = ask(rest, CREATES[1]).json()
    rest.patch(f"{TOKENS}/{created['slug']}", {"description": "changed"})
    assert ask(rest, CREATES[1]).json()["description"] == "changed"
    rest.delete(f"{TOKENS}/{created['slug']}")
    assert ask(rest, CREATES[1]).json()["status"] == "revoked"


def test_a_key_whose_account_was_deleted_makes_a_new_one(owner: Membership) -> None:
    rest = acting(owner)
    headers = {"Idempotency-Key": "provision-1"}
    body = {"name": "Again", "slug": "again"}
    first = rest.post("/service-accounts", body, headers=headers).json()
    assert rest.delete("/service-accounts/again").status_code == 204
    second = rest.post("/service-accounts", body, headers=headers)
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]
    third = rest.post("/service-accounts", body, headers=headers)
    assert third.status_code == 200
    assert third.json()["id"] == second.json()["id"]
