"""What the examples let through and what they refuse, in front of a real Wardkey."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.examples.conftest import Wardkey
from tests.examples.services import Service

pytestmark = pytest.mark.node

UNKNOWN = "wdk_" + "A" * 38
FORGED = {
    "X_Wardkey_Organization": "forged",
    "X_Wardkey_Service_Account": "forged",
    "X_Wardkey_Service_Account_Id": "forged",
    "X_Wardkey_Token": "forged",
    "X_Wardkey_Scopes": "write:releases",
}


def snake(told: dict[str, Any]) -> dict[str, Any]:
    """Return what an example tells with the names that Python's have."""
    return {re.sub(r"(?=[A-Z])", "_", name).lower(): value for name, value in told.items()}


def by_wardkey(wardkey: Wardkey, query: str, secret: str) -> httpx.Response:
    """Return Wardkey's own answer."""
    headers = {"Authorization": f"Bearer {secret}", "X-Request-Id": "the-same"}
    return httpx.get(f"{wardkey.at.url}/api/tokens/validate{query}", headers=headers)


def assert_passed_on(answer: httpx.Response, own: httpx.Response) -> None:
    assert answer.status_code == own.status_code
    assert answer.content == own.content
    for name in ("Content-Type", "WWW-Authenticate"):
        assert answer.headers.get(name) == own.headers.get(name)


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_a_good_token_comes_through_with_its_identity(
    service: Service, wardkey: Wardkey, slugs: Iterator[str]
) -> None:
    secret, token = wardkey.issue(next(slugs), "write:releases", "read:releases")
    answer = service.ask("/me", secret)
    assert answer.status_code == 200
    told = snake(answer.json())
    assert sorted(told.pop("scopes")) == ["read:releases", "write:releases"]
    assert told == {
        "organization_id": wardkey.organization,
        "service_account_id": wardkey.account,
        "service_account_slug": "deploy",
        "token_id": token,
    }


def test_scopes_are_asked_for_percent_encoded_and_all_of_them(
    service: Service, publisher: str
) -> None:
    assert service.ask("/releases", publisher).status_code == 200
    assert service.ask("/releases/publish", publisher, method="POST").status_code == 201
    one, both = (head.partition("\r\n")[0] for head in service.relay.heads[-2:])
    assert one == "GET /api/tokens/validate?scope=read%3Areleases HTTP/1.1"
    assert both.endswith("?scope=read%3Areleases&scope=write%3Areleases HTTP/1.1")


def test_a_missing_scope_is_wardkeys_own_403(
    service: Service, wardkey: Wardkey, reader: str
) -> None:
    answer = service.ask("/releases/publish", reader, method="POST", X_Request_Id="the-same")
    own = by_wardkey(wardkey, "?scope=read:releases&scope=write:releases", reader)
    assert own.status_code == 403
    assert_passed_on(answer, own)


@pytest.mark.parametrize("secret", [UNKNOWN, "no-token"], ids=["unknown", "malformed"])
def test_a_wrong_token_is_wardkeys_own_401(service: Service, wardkey: Wardkey, secret: str) -> None:
    own = by_wardkey(wardkey, "", secret)
    assert (own.status_code, "WWW-Authenticate" in own.headers) == (401, True)
    assert_passed_on(service.ask("/me", secret, X_Request_Id="the-same"), own)


def test_a_revoked_token_is_refused_at_the_next_request(
    service: Service, wardkey: Wardkey, slugs: Iterator[str]
) -> None:
    slug = next(slugs)
    secret, _ = wardkey.issue(slug, "read:releases")
    assert service.ask("/releases", secret).status_code == 200
    wardkey.revoke(slug)
    assert service.ask("/releases", secret).status_code == 401


@pytest.mark.parametrize("number", [0, 2])
def test_no_credential_and_two_are_refused_without_asking(
    service: Service, reader: str, number: int
) -> None:
    before = service.asked()
    answer = service.ask("/me", *[reader] * number)
    assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert service.asked() == before


@pytest.mark.parametrize("sent", ["", "Bearer", "Basic {}", "Bearer {0} {0}", "Bearer {0},{0}"])
def test_what_is_no_bearer_is_refused_without_asking(
    service: Service, reader: str, sent: str
) -> None:
    before = service.asked()
    assert_problem(service.ask("/me", Authorization=sent.format(reader)), 401)
    assert service.asked() == before


def test_identity_headers_of_the_client_count_for_nothing(
    service: Service, wardkey: Wardkey, reader: str
) -> None:
    told = service.ask("/me", reader, **FORGED).json()
    assert "forged" not in told.values()
    assert list(told["scopes"]) == ["read:releases"]
    assert service.ask("/releases/publish", reader, method="POST", **FORGED).status_code == 403
    assert service.ask("/me", **FORGED).status_code == 401
    assert service.ask("/me", UNKNOWN, **FORGED).status_code == 401


def test_only_the_credential_and_the_request_id_are_passed_on(
    service: Service, reader: str
) -> None:
    private = {"Cookie": "private", "X_Api_Key": "private", "X_Forwarded_For": "private"}
    service.ask("/me?private=1", reader, X_Request_Id="req-7.a_b", **private, **FORGED)
    asked = service.relay.heads[-1]
    assert f"\r\nauthorization: bearer {reader}\r\n".lower() in asked.lower()
    assert "\r\nx-request-id: req-7.a_b\r\n" in asked.lower()
    assert "private" not in asked
    assert "forged" not in asked


def test_a_request_id_that_is_not_well_formed_is_left_out(service: Service, reader: str) -> None:
    assert service.ask("/me", reader, X_Request_Id="no \xe4 id").status_code == 200
    assert "x-request-id" not in service.relay.heads[-1].lower()


def test_every_request_asks_over_one_connection(service: Service, reader: str) -> None:
    service.ask("/me", reader)
    asked, accepted = service.asked(), service.relay.accepted
    for secret in (reader, UNKNOWN) * 5:
        service.ask("/me", secret)
    assert service.asked() == asked + 10
    assert service.relay.accepted == accepted


def test_what_is_open_is_open(service: Service) -> None:
    before = service.asked()
    assert service.ask("/healthz").status_code == 200
    assert service.asked() == before


def test_a_connection_that_wardkey_has_closed_is_not_used_again(
    service: Service, reader: str
) -> None:
    assert service.ask("/me", reader).status_code == 200
    with service.relay.away():
        time.sleep(0.1)
    assert service.ask("/me", reader).status_code == 200
