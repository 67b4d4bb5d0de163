"""Addresses, hosts and headers that every request has."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, Membership, ServiceAccount
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.asgi import ask_bytes
from tests.rest.documents import ID, refused
from tests.rest.operations import ACCOUNT, ACCOUNTS, TOKENS
from tokens.services.issue import IssuedToken


@pytest.mark.parametrize(
    "path", [b"/a%00b", b"/%ff", b"/service-accounts/%00", b"/%ed%a0%80", b"/caf%e9", b"/%c0%80"]
)
def test_a_path_that_is_no_text_is_malformed(path: bytes, door: str) -> None:
    status, document = ask_bytes(door.encode() + path)
    assert (status, document["code"]) == (400, "Request.Malformed")


@pytest.mark.parametrize("path", [b"/caf%c3%a9", b"/%25ff", b"/service-accounts/%e6%bc%a2"])
def test_a_path_that_is_text_but_nothing_is_not_found(path: bytes, door: str) -> None:
    status, document = ask_bytes(door.encode() + path)
    assert (status, document["code"]) == (404, "Request.NotFound")


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "a b", "localhost:x", "[::1"])
def test_a_host_that_is_not_ours_is_refused(host: str, door: str) -> None:
    answer = Client(raise_request_exception=False).get(f"{door}/whoami", headers={"Host": host})
    refused(answer, 400, "Request.Malformed")
    assert host not in answer.content.decode()


def test_a_forwarded_host_is_not_believed(rest: RestClient) -> None:
    forwarded = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"}
    answer = rest.post(ACCOUNTS, {"name": "x"}, headers=forwarded)
    assert answer.headers["Location"] == f"/api{ACCOUNTS}/{answer.json()['slug']}"
    missing = rest.get("/nothing", headers=forwarded)
    assert "evil" not in answer.content.decode() + missing.content.decode()


@pytest.mark.parametrize("sent", ["a", "A-z.0_9", "x" * 128])
def test_a_well_formed_request_id_is_kept(
    rest: RestClient, sent: str, deploy: ServiceAccount
) -> None:
    headers = {"X-Request-Id": sent}
    assert rest.get(ACCOUNTS, headers=headers).headers["X-Request-Id"] == sent
    assert refused(rest.get("/nothing", headers=headers), 404)["errorId"] == sent
    assert rest.delete(ACCOUNT, headers=headers).status_code == 204
    line = AuditEvent.objects.get(action="service_account.deleted")
    assert line.request_id == sent


@pytest.mark.parametrize(
    "sent", ["", "x" * 129, "a b", "é", "a,b", "a\n", "<script>", "a/b", "wdk_" + "A" * 38]
)
def test_another_request_id_is_replaced(anyone: RestClient, sent: str) -> None:
    answer = anyone.get("/whoami", headers={"X-Request-Id": sent})
    given = answer.headers["X-Request-Id"]
    assert ID.fullmatch(given)
    assert refused(answer, 401)["errorId"] == given


def test_each_request_has_an_id_of_its_own(anyone: RestClient) -> None:
    ids = {uuid.UUID(anyone.get("/whoami").headers["X-Request-Id"]) for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("address", [ACCOUNTS, ACCOUNT, TOKENS, f"{TOKENS}/ci", "/whoami"])
def test_head_is_get_without_a_body(
    rest: RestClient, ci: IssuedToken, door: str, address: str
) -> None:
    client = RestClient(door, rest.credential)
    head, whole = client.ask("head", address), client.get(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    assert head.headers["Cache-Control"] == "no-store"
    refusal = client.acting_as(None).ask("head", address)
    assert (refusal.status_code, refusal.content) == (401, b"")


@pytest.mark.parametrize("language", ["de", "fr-CH, fr;q=0.9", "zh-Hans"])
def test_messages_are_english_whatever_is_asked_for(rest: RestClient, language: str) -> None:
    headers = {"Accept-Language": language}
    plain = refused(rest.post(ACCOUNTS, {"scopes": 1, "x": 1}), 422)
    asked = refused(rest.post(ACCOUNTS, {"scopes": 1, "x": 1}, headers=headers), 422)
    assert asked | {"errorId": ""} == plain | {"errorId": ""}
    messages = {fault["location"]: fault["message"] for fault in plain["errors"]}
    assert messages["body.name"] == "is required"


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/*", "text/html, */*;q=0.1"]
)
def test_json_is_what_is_answered(rest: RestClient, accept: str) -> None:
    answer = rest.get("/whoami", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("suffix", ["?format=xml", "?format=api", "?_method=DELETE"])
def test_the_query_does_not_choose_format_or_method(rest: RestClient, suffix: str) -> None:
    refused(rest.get(f"{ACCOUNTS}{suffix}"), 422)


def test_a_header_does_not_choose_the_method(rest: RestClient, deploy: ServiceAccount) -> None:
    rest.post(f"{ACCOUNT}/enable", headers={"X-HTTP-Method-Override": "DELETE"})
    assert rest.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("header", ["X-Wardkey-Organization", "X-Organization", "X-Org-Id"])
def test_the_organization_is_the_credentials(
    owner: Membership, outsider: Membership, deploy: ServiceAccount, header: str, door: str
) -> None:
    client = acting(owner, door)
    theirs = str(outsider.organization_id)
    answer = client.get("/whoami", headers={header: theirs})
    assert answer.json()["organization"]["id"] == str(owner.organization_id)
    refused(client.get(f"/whoami?organization={theirs}"), 422)
    refused(client.post(ACCOUNTS, {"name": "x", "organization": theirs}), 422)


def test_no_origin_is_open_unless_it_is_configured(rest: RestClient, settings: Any) -> None:
    ask = {"Origin": "https://app.test"}
    preflight = ask | {"Access-Control-Request-Method": "POST"}
    closed = rest.get(ACCOUNTS, headers=ask)
    assert not [name for name in closed.headers if name.startswith("Access-Control")]
    refused(rest.ask("options", ACCOUNTS, headers=preflight), 405)

    settings.CORS_ALLOWED_ORIGINS = ["https://app.test"]
    at = settings.MIDDLEWARE.index("config.operations.middleware.AddressMiddleware")
    cors = "corsheaders.middleware.CorsMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:at], cors, *settings.MIDDLEWARE[at:]]
    rest = RestClient(rest.door, rest.credential)
    opened = rest.get(ACCOUNTS, headers=ask)
    assert opened.headers["Access-Control-Allow-Origin"] == "https://app.test"
    assert "Access-Control-Allow-Credentials" not in opened.headers
    assert "origin" in opened.headers["Vary"].lower()
    answer = rest.acting_as(None).ask("options", ACCOUNTS, headers=preflight, documented=False)
    assert answer.status_code == 200
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]

    for stranger in ("https://evil.test", "https://app.test.evil.test", "null"):
        answer = rest.get(ACCOUNTS, headers={"Origin": stranger})
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "sessionid={}; token={}"},
        {"X-Api-Key": "{}"},
        {"Proxy-Authorization": "Bearer {}"},
        {"Authorization": "Basic {}"},
        {"Authorization": "Token {}"},
        {"Authorization": "{}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer {} {}"},
        {"Authorization": "Bearer {},Bearer {}"},
        {"Authorization": 'Bearer "{}"'},
        {"Authorization": "Bearer {}%"},
        {"Authorization": "Bearer\t{}"},
    ],
)
@pytest.mark.parametrize("kind", ["jwt", "token"])
def test_a_credential_counts_in_its_one_place_alone(
    rest: RestClient, ci: IssuedToken, door: str, headers: dict[str, str], kind: str
) -> None:
    credential = str(ci.secret) if kind == "token" else str(rest.credential)
    sent = {name: value.replace("{}", credential) for name, value in headers.items()}
    answer = RestClient(door).get("/whoami", headers=sent)
    refused(answer, 401, "Auth.NoIdentity")
    assert credential not in answer.content.decode() + repr(answer.headers)
    refused(RestClient(door).get(f"/whoami?access_token={credential}"), 401)


def test_nothing_says_what_serves_it(rest: RestClient) -> None:
    for answer in (rest.get("/whoami"), rest.get("/nothing")):
        assert not {"server", "x-powered-by"} & {name.lower() for name in answer.headers}
        assert not re.search("django|python|rest.framework", answer.content.decode(), re.IGNORECASE)
