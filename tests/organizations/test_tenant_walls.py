"""Another organization's things do not exist, whatever is asked."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import AsyncRequestFactory

from accounts.models import Membership, Organization, ServiceAccount
from config.operations.middleware import AddressMiddleware
from tests.clients import Answer, RestClient
from tests.conftest import acting
from tests.organizations.operations import (
    OPERATIONS,
    Operation,
    built_operations,
    member_views_outside_the_doors,
)
from tests.organizations.rows import all_rows, unchanged
from tests.readable import readable
from tokens.models import Token
from tokens.services.issue import IssuedToken

NAMING = [operation for operation in OPERATIONS if operation.names_something]
NAMING_TOKENS = [operation for operation in NAMING if "{token}" in operation.address]
NAMELESS = [operation for operation in OPERATIONS if not operation.names_something]


def ask(client: RestClient, operation: Operation, **names: str) -> Answer:
    """Ask for ``operation`` on what ``names`` says, `deploy` and `ci` unless told."""
    address = operation.address.format(**{"account": "deploy", "token": "ci", **names})
    method = "GET" if operation.method == "ANY" else operation.method
    return client.ask(method, address, operation.body, content_type=operation.content_type)


def told(answer: Answer) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return all that an answer tells, but for the request's own id."""
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    document = answer.json()
    assert document.pop("errorId") == answer.headers["X-Request-Id"]
    return answer.status_code, headers, document


def test_the_table_holds_every_operation_that_is_built() -> None:
    assert sorted(built_operations()) == sorted((op.method, op.address) for op in OPERATIONS)
    assert member_views_outside_the_doors() == []


@pytest.mark.parametrize("operation", NAMING, ids=str)
def test_a_neighbours_thing_is_answered_like_one_that_nobody_has(
    operation: Operation, door: str, outsider: Membership, request: pytest.FixtureRequest
) -> None:
    stranger = acting(outsider, door)
    nobody_has_it = told(ask(stranger, operation))
    request.getfixturevalue("ci")
    before = all_rows()
    answer = ask(stranger, operation)
    assert told(answer) == nobody_has_it
    assert answer.status_code == 404
    assert answer.json()["code"] == "CreateToken.ServiceAccountNotFound"
    assert all_rows() == before


@pytest.mark.parametrize("operation", NAMING, ids=str)
def test_the_owner_reaches_the_same_thing(
    operation: Operation, rest: RestClient, ci: IssuedToken
) -> None:
    assert 200 <= ask(rest, operation).status_code < 300


@pytest.mark.parametrize("operation", NAMING, ids=str)
def test_the_wall_stands_before_query_and_body_are_looked_at(
    operation: Operation, outsider: Membership, ci: IssuedToken
) -> None:
    address = operation.address.format(account="deploy", token="ci")
    body = None if operation.method == "GET" else b"{"
    answer = acting(outsider).ask(
        operation.method, f"{address}?odd=1", body, content_type="text/plain"
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("operation", NAMING_TOKENS, ids=str)
def test_ones_own_account_is_no_way_to_a_neighbours_token(
    operation: Operation, door: str, outsider: Membership, request: pytest.FixtureRequest
) -> None:
    stranger = acting(outsider, door)
    assert stranger.post("/service-accounts", {"name": "D", "slug": "deploy"}).status_code == 201
    nobody_has_it = told(ask(stranger, operation))
    request.getfixturevalue("ci")
    before = all_rows()
    answer = ask(stranger, operation)
    assert told(answer) == nobody_has_it
    assert answer.json()["code"] == "Token.NotFound"
    assert all_rows() == before


@pytest.mark.parametrize("operation", NAMING_TOKENS, ids=str)
def test_an_account_is_no_way_to_another_accounts_token(
    operation: Operation, rest: RestClient, ci: IssuedToken
) -> None:
    assert rest.post("/service-accounts", {"name": "B", "slug": "build"}).status_code == 201
    before = all_rows()
    assert ask(rest, operation, account="build").status_code == 404
    assert all_rows() == before


@pytest.mark.parametrize("operation", NAMELESS, ids=str)
def test_what_names_nothing_tells_and_changes_nothing_of_the_neighbours(
    operation: Operation, door: str, outsider: Membership, owner: Membership, ci: IssuedToken
) -> None:
    acting(owner).post("/service-accounts/deploy/tokens", {"name": "second"})
    before = all_rows()
    answer = ask(acting(outsider, door), operation)
    assert unchanged(before)
    known = {str(row_id) for _, row_id in before if len(row_id) == len(str(owner.user_id))}
    theirs = known - {str(outsider.user_id), str(outsider.organization_id)}
    own_events = {key for (label, key) in before if label == "accounts.AuditEvent"}
    said = answer.content.decode() + repr(answer.headers)
    foreign = {found for found in theirs - own_events if found in said}
    assert foreign == set()
    assert str(ci.secret) not in said
    for word in ("acme", "Acme", "second", "/deploy/"):
        assert word not in readable(said)


def test_an_account_of_ones_own_may_have_the_neighbours_slug(
    outsider: Membership, deploy: ServiceAccount
) -> None:
    stranger = acting(outsider)
    assert stranger.post("/service-accounts", {"name": "D", "slug": "deploy"}).status_code == 201
    shown = [item["id"] for item in stranger.get("/service-accounts").json()["items"]]
    assert shown != [str(deploy.id)]
    assert len(shown) == 1


def test_a_cursor_of_the_neighbours_is_none_of_mine(
    rest: RestClient, outsider: Membership, deploy: ServiceAccount
) -> None:
    rest.post("/service-accounts", {"name": "B", "slug": "build"})
    cursor = rest.get("/service-accounts?limit=1").json()["nextCursor"]
    assert rest.get(f"/service-accounts?limit=1&cursor={cursor}").status_code == 200
    assert acting(outsider).get(f"/service-accounts?limit=1&cursor={cursor}").status_code == 400


@pytest.mark.parametrize(
    "spelling",
    [
        "DEPLOY", "Deploy", "deploy.", "deploy%2e", "%2e%2e", "deploy%20", "%20deploy", "deploy%0a",
        "deploy%09", "deploy;a=b", "deploy%c2%ad", "d%d0%b5ploy", "%ef%bd%84eploy", "deplo%cc%81y",
        "%2fdeploy", "./deploy", "deploy/.", "deploy/", "-deploy", "deploy-", "de_ploy",
        "deploy%3f", "deploy%23", "%2564eploy", "deploy%5c", "*", "%25",
    ],
)  # fmt: skip
def test_a_slug_in_another_spelling_names_nothing(
    spelling: str, door: str, owner: Membership, outsider: Membership, deploy: ServiceAccount
) -> None:
    for member in (owner, outsider):
        answer = acting(member, door).get(f"/service-accounts/{spelling}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "Request.NotFound"


@pytest.mark.parametrize(
    "path", [b"/service-accounts/deploy%2ftokens", b"/service-accounts%2Fdeploy", b"/%2fwhoami"]
)
def test_an_encoded_slash_separates_nothing(path: bytes) -> None:
    scope = {"path": unquote(path.decode()), "raw_path": path, "method": "GET"}
    request: Any = AsyncRequestFactory().request(**scope)
    request.request_id = "a-request"
    answer = AddressMiddleware(lambda _: HttpResponse())(request)
    assert answer.status_code == 404
    assert json.loads(answer.content)["code"] == "Request.NotFound"


@pytest.mark.parametrize("header", ["X-Organization", "X-Wardkey-Organization", "X-Tenant-Id"])
def test_no_header_names_the_organization(
    header: str, outsider: Membership, acme: Organization, deploy: ServiceAccount
) -> None:
    stranger = acting(outsider)
    for name in (acme.slug, str(acme.id)):
        listed = stranger.get("/service-accounts", headers={header: name})
        assert listed.json()["items"] == []
        asked = stranger.get("/whoami", headers={header: name}).json()
        assert asked["organization"]["slug"] == "rival"


@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.method == "GET"], ids=str)
@pytest.mark.parametrize("member", ["organization", "organizationId", "organization_id", "org_id"])
def test_no_query_names_the_organization(
    operation: Operation, member: str, rest: RestClient, acme: Organization, ci: IssuedToken
) -> None:
    address = operation.address.format(account="deploy", token="ci")
    answer = rest.get(f"{address}?{member}={acme.id}")
    assert answer.status_code == 422
    assert [fault["location"] for fault in answer.json()["errors"]] == [f"query.{member}"]


@pytest.mark.parametrize(
    "member",
    ["id", "organization", "organizationId", "organization_id", "orgId", "createdBy", "createdById",
     "createdAt", "updatedAt", "disabledAt", "deletedAt", "revokedAt", "revokedBy", "digest",
     "keyId", "prefix", "status", "serviceAccountId", "service_account", "token", "tokens",
     "endedScopes", "search", "name_order"],
)  # fmt: skip
@pytest.mark.parametrize(
    "operation", [op for op in OPERATIONS if op.body and "service-accounts" in op.address], ids=str
)
def test_no_body_sets_what_is_not_the_callers_to_set(
    operation: Operation, member: str, rest: RestClient, ci: IssuedToken, outsider: Membership
) -> None:
    before = all_rows()
    address = operation.address.format(account="deploy", token="ci")
    body = {**(operation.body or {}), member: str(outsider.organization_id)}
    answer = rest.ask(operation.method, address, body)
    assert answer.status_code == 422
    assert [fault["location"] for fault in answer.json()["errors"]] == [f"body.{member}"]
    assert all_rows() == before


def test_the_database_itself_keeps_a_token_with_its_accounts_organization(
    ci: IssuedToken, outsider: Membership
) -> None:
    for change in ({"organization": outsider.organization},):
        with (
            pytest.raises(DatabaseError, match="belongs to the organization"),
            transaction.atomic(),
        ):
            Token.objects.filter(pk=ci.token.pk).update(**change)
