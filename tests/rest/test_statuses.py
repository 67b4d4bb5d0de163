"""Every status that the contract lists for an operation, through both doors."""

from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import Membership, ServiceAccount
from accounts.services.service_accounts import disable_service_account
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.documents import expire, places, refused, without_this_case
from tests.rest.operations import (
    OPERATIONS,
    TOKEN,
    TOKENS,
    UNDER_AN_ACCOUNT,
    Operation,
    every_body,
    every_operation,
)
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token

METHODS = {"get", "post", "put", "patch", "delete", "options", "trace"}
OTHER_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    "application/vnd.api+json",
    "application/json; charset=latin-1",
    "",
]
OTHERS = ("/whoami", "/scopes", "/audit-events")


@pytest.fixture(autouse=True)
def furnished(ci: IssuedToken) -> None:
    """`deploy` and its token `ci` are there."""


@pytest.fixture
def client(owner: Membership, door: str) -> RestClient:
    """The owner of `acme`, through each door."""
    return acting(owner, door)


@every_operation
def test_all_is_well(client: RestClient, operation: Operation) -> None:
    answer = client.ask(operation.method, operation.address, operation.body)
    assert answer.status_code == operation.status, answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-Id"]
    if operation.status == 204:
        assert answer.content == b""
        assert "Content-Type" not in answer.headers
    else:
        assert answer.headers["Content-Type"] == "application/json"
    if operation.status == 201:
        at = f"{client.door}{operation.address}/{answer.json()['slug']}"
        assert answer.headers["Location"] == at
        assert client.get(at.removeprefix(client.door)).status_code == 200


@every_operation
def test_nothing_is_done_without_a_credential(door: str, operation: Operation) -> None:
    client = RestClient(door)
    answer = client.ask(operation.method, operation.address, operation.body)
    assert refused(answer, 401, "Auth.NoIdentity")["errors"] == []
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="wardkey"'


@every_operation
def test_a_bad_credential_is_told_as_one(door: str, operation: Operation) -> None:
    client = RestClient(door, "nonsense")
    answer = client.ask(operation.method, operation.address, operation.body)
    refused(answer, 401, "Auth.NoIdentity")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="wardkey", error="invalid_token"'


@every_operation
def test_a_missing_scope_is_named(
    viewer: Membership, deploy: ServiceAccount, door: str, operation: Operation
) -> None:
    nothing = issue_token(Actor.system(deploy.organization_id), deploy, name="none", scopes=[])
    client = acting(viewer, door) if operation.writes else RestClient(door, str(nothing.secret))
    answer = client.ask(operation.method, operation.address, operation.body)
    refused(answer, 403, "Auth.MissingScope")
    wanted = "write:tokens" if operation.writes else "read:tokens"
    challenge = f'Bearer error="insufficient_scope", scope="{wanted}"'
    assert answer.headers["WWW-Authenticate"] == challenge


@pytest.mark.parametrize("operation", UNDER_AN_ACCOUNT, ids=str)
def test_what_is_not_there_is_what_a_neighbour_has(
    client: RestClient, outsider: Membership, operation: Operation
) -> None:
    nowhere = client.ask(operation.method, str(operation.nowhere), operation.body)
    refused(nowhere, 404, "CreateToken.ServiceAccountNotFound")
    theirs = acting(outsider, client.door).ask(operation.method, operation.address, operation.body)
    refused(theirs, 404, "CreateToken.ServiceAccountNotFound")
    there, here = without_this_case(theirs), without_this_case(nowhere)
    assert there["detail"].replace("deploy", "nobody") == here["detail"]
    assert there | {"detail": ""} == here | {"detail": ""}


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_token_that_is_not_there(client: RestClient, method: str) -> None:
    body = {"name": "x"} if method == "patch" else None
    refused(client.ask(method, f"{TOKENS}/none", body), 404, "Token.NotFound")


@pytest.mark.parametrize(
    "address", sorted({operation.address for operation in OPERATIONS} | set(OTHERS))
)
def test_a_method_that_is_not_answered_needs_no_credential_to_say_so(
    door: str, address: str
) -> None:
    answered = {operation.method for operation in OPERATIONS if operation.address == address}
    answered |= {"get"} if address in OTHERS else set()
    for method in METHODS - answered:
        answer = RestClient(door).ask(method, address)
        refused(answer, 405, "Request.MethodNotAllowed")
        allowed = set(answer.headers["Allow"].lower().split(", "))
        assert allowed - {"head"} == answered
    refused(RestClient(door, "nonsense").ask("options", address), 405)


@every_operation
def test_a_format_that_is_not_spoken(client: RestClient, operation: Operation) -> None:
    accept = {"Accept": "application/xml"}
    answer = client.ask(operation.method, operation.address, operation.body, headers=accept)
    refused(answer, 406, "Request.NotAcceptable")


@every_operation
def test_a_query_member_that_is_not_known(client: RestClient, operation: Operation) -> None:
    answer = client.ask(operation.method, f"{operation.address}?colour=red", operation.body)
    document = refused(answer, 422, "Request.Invalid")
    assert [fault["location"] for fault in document["errors"]] == ["query.colour"]
    assert "red" not in answer.content.decode()


@every_operation
def test_a_query_member_that_stands_twice(client: RestClient, operation: Operation) -> None:
    answer = client.ask(operation.method, f"{operation.address}?q=a&q=b", operation.body)
    assert places(answer, 422, "Request.Invalid") == ["query.q"]


@every_body
def test_a_body_that_cannot_be_read(client: RestClient, operation: Operation) -> None:
    refused(client.ask(operation.method, operation.address, b"{"), 400, "Request.Malformed")


@every_body
def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not(
    client: RestClient, operation: Operation
) -> None:
    body = b'{"name":"big"}'
    most = body + b" " * (64 * 1024 - len(body))
    answer = client.ask(operation.method, operation.address, most)
    assert answer.status_code == operation.status
    answer = client.ask(operation.method, operation.address, most + b" ")
    refused(answer, 413, "Request.TooLarge")


@every_body
def test_a_body_that_is_not_json(client: RestClient, operation: Operation) -> None:
    for content_type in OTHER_TYPES:
        answer = client.ask(
            operation.method, operation.address, b'{"name":"x"}', content_type=content_type
        )
        refused(answer, 415, "Request.UnsupportedMediaType")


@every_body
def test_a_compressed_body_is_not_read(client: RestClient, operation: Operation) -> None:
    packed = {"Content-Encoding": "gzip"}
    answer = client.ask(operation.method, operation.address, b"\x1f\x8b", headers=packed)
    refused(answer, 415, "Request.UnsupportedMediaType")


@every_body
def test_a_merge_patch_is_for_patch_alone(client: RestClient, operation: Operation) -> None:
    answer = client.ask(
        operation.method,
        operation.address,
        operation.body,
        content_type="application/merge-patch+json",
    )
    assert answer.status_code == (200 if operation.method == "patch" else 415)


@every_body
def test_a_body_that_is_no_object(client: RestClient, operation: Operation) -> None:
    for body in (b"[]", b'"name"', b"1", b"null", b"true"):
        answer = client.ask(operation.method, operation.address, body)
        assert places(answer, 422, "Request.Invalid") == ["body"]


@every_body
def test_a_value_that_is_not_allowed(client: RestClient, operation: Operation) -> None:
    answer = client.ask(operation.method, operation.address, {"name": ""})
    fault = {"location": "body.name", "message": "must be at least 1 character", "value": ""}
    assert refused(answer, 422, "Request.Invalid")["errors"] == [fault]


@every_body
def test_nobody_gives_what_they_do_not_have(
    developer: Membership, door: str, operation: Operation
) -> None:
    body = {"name": "greedy", "scopes": ["read:users", "delete:users"]}
    answer = acting(developer, door).ask(operation.method, operation.address, body)
    errors = refused(answer, 403, "Token.ScopeNotHeld")["errors"]
    assert [(fault["location"], fault["value"]) for fault in errors] == [
        ("body.scopes[1]", "delete:users")
    ]


@pytest.mark.parametrize(
    ("method", "address", "body", "code"),
    [
        (
            "post",
            "/service-accounts",
            {"name": "D", "slug": "deploy"},
            "ServiceAccount.SlugConflict",
        ),
        (
            "post",
            "/service-accounts",
            {"name": "D", "externalId": "x-1"},
            "ServiceAccount.ExternalIdConflict",
        ),
        (
            "put",
            "/service-accounts/deploy",
            {"name": "D", "externalId": "x-1"},
            "ServiceAccount.ExternalIdConflict",
        ),
        (
            "patch",
            "/service-accounts/deploy",
            {"externalId": "x-1"},
            "ServiceAccount.ExternalIdConflict",
        ),
        ("post", TOKENS, {"name": "ci"}, "CreateToken.Conflict"),
        ("post", TOKENS, {"name": "new", "slug": "ci"}, "CreateToken.SlugConflict"),
        ("patch", TOKEN, {"name": "taken"}, "CreateToken.Conflict"),
    ],
)
def test_what_is_taken(
    client: RestClient, method: str, address: str, body: dict[str, Any], code: str
) -> None:
    assert client.post("/service-accounts", {"name": "O", "externalId": "x-1"}).status_code == 201
    assert client.post(TOKENS, {"name": "taken"}).status_code == 201
    before = list(Token.objects.values()), list(ServiceAccount.objects.values())
    refused(client.ask(method, address, body), 409, code)
    assert (list(Token.objects.values()), list(ServiceAccount.objects.values())) == before


def test_nothing_is_created_under_a_disabled_account(
    client: RestClient, deploy: ServiceAccount
) -> None:
    disable_service_account(Actor.system(deploy.organization_id), deploy)
    refused(client.post(TOKENS, {"name": "late"}), 409, "ServiceAccount.Disabled")


def test_what_has_ended_is_not_changed(client: RestClient) -> None:
    expire("ci")
    refused(client.patch(TOKEN, {"name": "x"}), 409, "Token.Ended")
    assert client.delete(TOKEN).status_code == 204
    refused(client.patch(TOKEN, {"name": "x"}), 409, "Token.Ended")


@pytest.mark.parametrize("address", OTHERS)
def test_what_is_asked_about_oneself(client: RestClient, address: str) -> None:
    assert client.get(address).status_code == 200
    refused(client.acting_as(None).get(address), 401, "Auth.NoIdentity")
    refused(client.get(address, headers={"Accept": "text/html"}), 406)
    assert places(client.get(f"{address}?x=1")) == ["query.x"]


def test_the_log_needs_its_scope(ci: IssuedToken, door: str) -> None:
    answer = RestClient(door, str(ci.secret)).get("/audit-events")
    refused(answer, 403, "Auth.MissingScope")
    assert 'scope="read:audit"' in answer.headers["WWW-Authenticate"]


def test_too_many_tries_are_throttled(door: str, owner: Membership) -> None:
    client = RestClient(door)
    wrong = {"email": owner.user.email, "password": "wrong"}
    for _ in range(10):
        refused(client.post("/auth/token", wrong), 401, "Auth.NoIdentity")
    answer = client.post("/auth/token", wrong)
    refused(answer, 429, "Request.Throttled")
    assert 1 <= int(answer.headers["Retry-After"]) <= 900
