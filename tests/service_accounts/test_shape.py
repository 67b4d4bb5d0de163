"""What a service account looks like on the wire, member by member."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, ServiceAccount
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.documents import ID, TIME, UNUSED, places
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token

ACCOUNTS = "/service-accounts"
BARE = ["id", "slug", "name", "scopes", "createdAt", "createdBy", "updatedAt", "tokens"]


def test_an_account_with_nothing_but_a_name(rest: RestClient, owner: Membership, door: str) -> None:
    client = RestClient(door, rest.credential)
    answer = client.post(ACCOUNTS, {"name": "Build Bot"})
    account = answer.json()
    assert list(account) == BARE
    assert ID.fullmatch(account["id"])
    assert re.fullmatch(r"build-bot-[a-z0-9]{8}", account["slug"])
    assert (account["name"], account["scopes"], account["tokens"]) == ("Build Bot", [], [])
    assert TIME.fullmatch(account["createdAt"])
    assert account["updatedAt"] == account["createdAt"]
    assert account["createdBy"] == {"id": str(owner.user.id), "name": "Owner of acme"}
    assert json.dumps(account, separators=(",", ":"), ensure_ascii=False) == answer.content.decode()
    assert client.get(answer.headers["Location"].removeprefix(door)).json() == account
    assert client.get(ACCOUNTS).json()["items"] == [account]


def test_an_account_with_everything(rest: RestClient, ci: IssuedToken) -> None:
    full = {
        "name": "Full",
        "slug": "full",
        "description": "First line\nsecond",
        "externalId": "crm/42",
        "scopes": ["read:releases"],
    }
    account = rest.post(ACCOUNTS, full).json()
    assert {name: account[name] for name in full} == full
    rest.post(f"{ACCOUNTS}/full/tokens", {"name": "t"})
    rest.post(f"{ACCOUNTS}/full/disable")
    account = rest.get(f"{ACCOUNTS}/full").json()
    assert set(account) == {*BARE, "description", "externalId", "disabledAt"}
    assert TIME.fullmatch(account["disabledAt"])
    (token,) = account["tokens"]
    assert token | UNUSED == rest.get(f"{ACCOUNTS}/full/tokens/{token['slug']}").json()
    assert "null" not in rest.get(f"{ACCOUNTS}/full").content.decode()


def test_every_answer_shows_the_same_account(rest: RestClient, ci: IssuedToken) -> None:
    read = rest.get(f"{ACCOUNTS}/deploy").json()
    assert [token["slug"] for token in read["tokens"]] == ["ci"]
    assert rest.get(ACCOUNTS).json()["items"] == [read]
    assert rest.patch(f"{ACCOUNTS}/deploy", {}).json() == read
    assert rest.post(f"{ACCOUNTS}/deploy/enable").json() == read
    disabled = rest.post(f"{ACCOUNTS}/deploy/disable").json()
    assert disabled == rest.get(f"{ACCOUNTS}/deploy").json()
    assert disabled["tokens"][0]["status"] == "disabled"


def test_the_maker_is_who_it_was_at_the_time(
    rest: RestClient, owner: Membership, ci: IssuedToken
) -> None:
    by_person = rest.post(ACCOUNTS, {"name": "A", "slug": "by-person"}).json()
    by_program = rest.acting_as(str(ci.secret)).post(ACCOUNTS, {"name": "B", "slug": "by-program"})
    deploy = {"id": str(ci.token.service_account_id), "name": "Deploy"}
    assert by_program.json()["createdBy"] == deploy
    owner.user.name = "Somebody Else"
    owner.user.save()
    rest.patch(f"{ACCOUNTS}/deploy", {"name": "Renamed"})
    assert rest.get(f"{ACCOUNTS}/by-person").json()["createdBy"] == by_person["createdBy"]
    assert rest.get(f"{ACCOUNTS}/by-program").json()["createdBy"] == deploy


def test_at_most_fifty_tokens_are_shown_newest_first(
    rest: RestClient, deploy: ServiceAccount
) -> None:
    actor = Actor.system(deploy.organization_id)
    slugs = [issue_token(actor, deploy, name=f"t{at}").token.slug for at in range(52)]
    rest.delete(f"{ACCOUNTS}/deploy/tokens/{slugs[-1]}")
    shown = rest.get(f"{ACCOUNTS}/deploy").json()["tokens"]
    listed = rest.get(f"{ACCOUNTS}/deploy/tokens?limit=50").json()["items"]
    assert shown == listed
    assert {token["slug"] for token in shown} >= set(slugs[-40:])
    assert len(shown) == 50
    assert shown[0]["slug"] == slugs[-1]
    assert shown[0]["status"] == "revoked"


def test_a_page_costs_the_same_queries_however_many_accounts(
    rest: RestClient, acme: Any, django_assert_num_queries: Any
) -> None:
    rest.post(ACCOUNTS, {"name": "one", "slug": "one"})
    rest.post(f"{ACCOUNTS}/one/tokens", {"name": "t"})
    with CaptureQueriesContext(connection) as asked:
        assert len(rest.get(ACCOUNTS).json()["items"]) == 1
    queries_for_one = len(asked)
    assert queries_for_one > 1
    for at in range(39):
        slug = f"more-{at}"
        rest.post(ACCOUNTS, {"name": slug, "slug": slug})
        rest.post(f"{ACCOUNTS}/{slug}/tokens", {"name": "t"})
    with django_assert_num_queries(queries_for_one):
        items = rest.get(ACCOUNTS).json()["items"]
    assert len(items) == 40
    assert all(
        [token["serviceAccountId"] for token in item["tokens"]] == [item["id"]] for item in items
    )


@pytest.mark.parametrize(
    "member",
    [
        "id",
        "organization",
        "organizationId",
        "organization_id",
        "createdAt",
        "createdBy",
        "created_by_id",
        "updatedAt",
        "disabledAt",
        "deletedAt",
        "tokens",
        "status",
        "external_id",
        "scopesX",
        "Name",
        "name ",
        "",
        "__proto__",
    ],
)
def test_what_is_not_for_the_caller_to_say_is_refused(
    rest: RestClient, deploy: ServiceAccount, member: str
) -> None:
    before = list(ServiceAccount.objects.values())
    for method in ("post", "put", "patch"):
        address = ACCOUNTS if method == "post" else f"{ACCOUNTS}/deploy"
        answer = rest.ask(method, address, {"name": "x", member: "sneaky-value"})
        assert places(answer, 422, "Request.Invalid") == [f"body.{member}".rstrip(".")]
        assert "sneaky-value" not in answer.content.decode()
    assert list(ServiceAccount.objects.values()) == before
    assert not AuditEvent.objects.filter(action="service_account.changed").exists()


def test_all_faults_come_in_one_answer(rest: RestClient) -> None:
    body = {
        "slug": "No",
        "description": 5,
        "externalId": "",
        "scopes": ["read:release", 7],
        "colour": "red",
    }
    answer = rest.post(ACCOUNTS, body)
    expected = ["description", "externalId", "name", "scopes[1]", "slug", "colour"]
    assert sorted(places(answer)) == sorted(f"body.{member}" for member in expected)
    assert answer.json()["detail"] == "The request body has 6 problems."


def test_the_neighbours_see_nothing(
    outsider: Membership, rest: RestClient, ci: IssuedToken
) -> None:
    assert acting(outsider).get(ACCOUNTS).json() == {"items": [], "hasMore": False}
    before = list(ServiceAccount.objects.values()), list(Token.objects.values())
    answer = acting(outsider).post(ACCOUNTS, {"name": "Deploy", "slug": "deploy"})
    assert answer.status_code == 201
    assert answer.json()["tokens"] == []
    assert acting(outsider).delete(f"{ACCOUNTS}/deploy").status_code == 204
    ours = ServiceAccount.objects.filter(organization=ci.token.organization)
    assert (list(ours.values()), list(Token.objects.values())) == before
