"""What the API answers is what the document says."""

from typing import Any

import pytest

from accounts.models import Membership, ServiceAccount
from tests.clients import RestClient
from tests.conftest import PASSWORD, acting
from tests.reference.contract import check_answer, faults_of, operation_at, operations
from tokens.services.issue import IssuedToken

ACCOUNTS = "/service-accounts"
DEPLOY = f"{ACCOUNTS}/deploy"
TOKENS = f"{DEPLOY}/tokens"
CI = f"{TOKENS}/ci"
FULL = {
    "name": "Nightly",
    "slug": "nightly",
    "description": "Runs at night.",
    "externalId": "team-7/nightly",
    "scopes": ["read:releases", "write:tokens"],
}
SIGN_IN = {"email": "owner@acme.test", "password": PASSWORD}

Sample = tuple[int, str, str, Any]

GOOD: list[Sample] = [
    (200, "GET", "/whoami", None),
    (200, "GET", "/scopes", None),
    (200, "GET", "/audit-events", None),
    (200, "GET", "/audit-events?limit=1", None),
    (200, "GET", ACCOUNTS, None),
    (200, "GET", f"{ACCOUNTS}?q=dep&status=active&sort=-name&limit=200", None),
    (201, "POST", ACCOUNTS, FULL),
    (201, "POST", ACCOUNTS, {"name": "夜", "slug": None, "scopes": None}),
    (200, "GET", DEPLOY, None),
    (204, "PUT", DEPLOY, {"name": "Deploy", "externalId": None}),
    (200, "PATCH", DEPLOY, {"description": "Ships releases."}),
    (200, "POST", f"{DEPLOY}/disable", None),
    (200, "POST", f"{DEPLOY}/enable", None),
    (204, "DELETE", DEPLOY, None),
    (200, "GET", TOKENS, None),
    (200, "GET", f"{TOKENS}?status=active&q=ci&sort=name&limit=1", None),
    (201, "POST", TOKENS, {"name": "x"}),
    (201, "POST", TOKENS, {"name": "x", "scopes": [], "expiresAt": None, "description": "y"}),
    (200, "GET", CI, None),
    (200, "PATCH", CI, {"scopes": None, "description": "z"}),
    (204, "DELETE", CI, None),
    (200, "POST", "/auth/token", SIGN_IN),
    (204, "POST", "/auth/token/revoke", {"refresh": "wdr_nothing"}),
]
BAD: list[Sample] = [
    (422, "GET", f"{ACCOUNTS}?limit=0", None),
    (422, "GET", "/whoami?surprise=1", None),
    (400, "GET", f"{TOKENS}?cursor=x", None),
    (422, "GET", "/audit-events?actor=me&from=yesterday", None),
    (404, "GET", f"{ACCOUNTS}/nobody", None),
    (404, "GET", f"{ACCOUNTS}/Nobody", None),
    (404, "GET", f"{TOKENS}/nothing", None),
    (422, "POST", ACCOUNTS, {"name": "", "surprise": 1}),
    (422, "POST", ACCOUNTS, {"name": "x", "scopes": ["read:nothing"]}),
    (409, "POST", ACCOUNTS, {"name": "x", "slug": "deploy"}),
    (422, "PUT", DEPLOY, {"name": "x", "slug": "another"}),
    (422, "PATCH", DEPLOY, {"name": None}),
    (409, "POST", TOKENS, {"name": "ci"}),
    (409, "POST", TOKENS, {"name": "x", "slug": "ci"}),
    (422, "POST", TOKENS, {"name": "x", "expiresAt": "2001-01-01T00:00:00Z"}),
    (413, "POST", TOKENS, {"name": "x" * 70_000}),
    (400, "POST", TOKENS, b'{"name": "x", "name": "y"}'),
    (400, "PATCH", CI, b"{"),
    (422, "POST", "/auth/token", {"email": "owner@acme.test"}),
    (401, "POST", "/auth/token", {**SIGN_IN, "password": "wrong"}),
    (401, "POST", "/auth/token/refresh", {"refresh": "wdr_nothing"}),
]


def named(sample: Sample) -> str:
    status, method, address, _ = sample
    return f"{method} {address} {status}"


@pytest.mark.parametrize("sample", GOOD, ids=named)
def test_a_good_answer_is_as_documented(
    sample: Sample, owner: Membership, ci: IssuedToken, door: str
) -> None:
    status, method, address, body = sample
    answer = acting(owner, door).ask(method, address, body)
    assert answer.status_code == status
    check_answer(method, address, answer)
    if body is not None:
        content = operation_at(method, address)["requestBody"]["content"]["application/json"]
        assert faults_of(content["schema"], body) == []


@pytest.mark.parametrize("sample", BAD, ids=named)
def test_a_refusal_is_as_documented(sample: Sample, rest: RestClient, ci: IssuedToken) -> None:
    status, method, address, body = sample
    answer = rest.ask(method, address, body)
    assert answer.status_code == status
    check_answer(method, address, answer)


def test_the_samples_reach_every_operation_with_success() -> None:
    reached = {operation_at(method, address)["operationId"] for _, method, address, _ in GOOD}
    known = {operation["operationId"] for operation in operations().values()}
    own_tests = {"get-forward-keys", "introspect-token", "refresh-jwt", "validate-token"}
    assert known - reached == own_tests


@pytest.mark.parametrize(
    ("method", "path"), [place for place, told in operations().items() if "servers" not in told]
)
def test_what_refuses_every_operation_is_as_documented(
    method: str, path: str, ci: IssuedToken, owner: Membership, viewer: Membership
) -> None:
    address = path.format(account="deploy", token="ci")
    asked = [(RestClient(), {}), (acting(viewer), {}), (acting(owner), {"Accept": "image/png"})]
    for client, headers in asked:
        answer = client.ask(method, address, headers=headers)
        check_answer(method, address, answer)
    other = acting(owner).ask("patch" if method != "PATCH" else "post", address)
    assert path == "/tokens/validate" or other.status_code in {405, 415, 400}


def test_a_refreshed_jwt_is_as_documented(anyone: RestClient, owner: Membership) -> None:
    first = anyone.post("/auth/token", SIGN_IN).json()
    answer = anyone.post("/auth/token/refresh", {"refresh": first["refresh"]})
    assert answer.status_code == 200
    check_answer("POST", "/auth/token/refresh", answer)


def test_a_revoked_token_is_as_documented(rest: RestClient, ci: IssuedToken) -> None:
    rest.delete(CI)
    for method, address in (("GET", CI), ("DELETE", CI), ("GET", TOKENS), ("GET", ACCOUNTS)):
        check_answer(method, address, rest.ask(method, address))
    ended = rest.patch(CI, {"name": "x"})
    assert ended.status_code == 409
    check_answer("PATCH", CI, ended)
    assert rest.get(CI).json()["revokedBy"]["name"]


def test_a_disabled_account_is_as_documented(rest: RestClient, deploy: ServiceAccount) -> None:
    rest.post(f"{DEPLOY}/disable")
    check_answer("GET", DEPLOY, rest.get(DEPLOY))
    refused = rest.post(TOKENS, {"name": "x"})
    assert refused.status_code == 409
    check_answer("POST", TOKENS, refused)


@pytest.mark.parametrize(("scope", "status"), [("write:releases", 200), ("read:audit", 403)])
def test_a_verdict_is_as_documented(
    scope: str, status: int, anyone: RestClient, ci: IssuedToken
) -> None:
    address = f"/tokens/validate?scope={scope}"
    answer = anyone.acting_as(str(ci.secret)).get(address)
    assert answer.status_code == status
    check_answer("GET", address, answer)


def test_a_tokens_own_identity_is_as_documented(anyone: RestClient, ci: IssuedToken) -> None:
    token = anyone.acting_as(str(ci.secret))
    whoami = token.get("/whoami")
    assert whoami.json()["principal"]["type"] == "service_account"
    check_answer("GET", "/whoami", whoami)
    refused = token.patch(CI, {"name": "x"})
    assert refused.status_code == 403
    check_answer("PATCH", CI, refused)
    beyond = token.post(TOKENS, {"name": "x", "scopes": ["read:audit"]})
    assert beyond.status_code == 403
    check_answer("POST", TOKENS, beyond)
