"""Of several things that are wrong, the contract says which one is told (section 1).

Each stage has its own fault and every fault that would be told after it.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import Membership, ServiceAccount
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.documents import expire, refused
from tests.rest.operations import ACCOUNT, ACCOUNTS, TOKEN, TOKENS
from tokens.models import Token
from tokens.services.issue import IssuedToken

HUGE = b"{" + b" " * 65_536
XML = {"Accept": "application/xml"}
STAGES = (401, 406, 403, 404, 422, 413, 415, 400)


@dataclass(frozen=True, slots=True)
class Case:
    """An operation, and bodies that fail from some stage on."""

    method: str
    address: str
    nowhere: str | None
    invalid: Any
    beyond: Any
    taken: Any | None

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


CASES = [
    Case(
        "post",
        ACCOUNTS,
        None,
        {"name": "", "slug": "deploy", "scopes": ["write:users"]},
        {"name": "D", "slug": "deploy", "scopes": ["write:users"]},
        {"name": "D", "slug": "deploy"},
    ),
    Case(
        "put",
        ACCOUNT,
        "/service-accounts/nobody",
        {"name": "", "externalId": "x-1", "scopes": ["write:users"]},
        {"name": "D", "externalId": "x-1", "scopes": ["write:users"]},
        {"name": "D", "externalId": "x-1"},
    ),
    Case(
        "patch",
        ACCOUNT,
        "/service-accounts/nobody",
        {"name": "", "externalId": "x-1", "scopes": ["write:users"]},
        {"externalId": "x-1", "scopes": ["write:users"]},
        {"externalId": "x-1"},
    ),
    Case(
        "post",
        TOKENS,
        "/service-accounts/nobody/tokens",
        {"name": "ci", "slug": "!", "scopes": ["write:users"]},
        {"name": "ci", "scopes": ["write:users"]},
        {"name": "ci", "scopes": ["read:users"]},
    ),
    Case(
        "patch",
        TOKEN,
        f"{TOKENS}/none",
        {"name": "taken", "expiresAt": "soon", "scopes": ["write:users"]},
        {"name": "taken", "scopes": ["write:users"]},
        {"name": "taken"},
    ),
]
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(autouse=True)
def furnished(rest: RestClient, ci: IssuedToken) -> None:
    """`deploy` and `ci` are there, and what the bodies collide with."""
    assert rest.post(ACCOUNTS, {"name": "Other", "externalId": "x-1"}).status_code == 201
    assert rest.post(TOKENS, {"name": "taken"}).status_code == 201


@every_case
@pytest.mark.parametrize("stage", STAGES)
def test_the_first_fault_is_told(
    viewer: Membership, developer: Membership, door: str, case: Case, stage: int
) -> None:
    at = STAGES.index(stage)
    if stage == 404 and case.nowhere is None:
        return
    caller = acting(viewer if at <= STAGES.index(403) else developer, door)
    client = caller if stage != 401 else caller.acting_as("nonsense")
    address = case.nowhere or case.address if at <= STAGES.index(404) else case.address
    query = "?colour=red" if at <= STAGES.index(422) else ""
    answer = client.ask(
        case.method,
        address + query,
        HUGE if at <= STAGES.index(413) else b"{",
        content_type="text/plain" if at <= STAGES.index(415) else "application/json",
        headers=XML if at <= STAGES.index(406) else {},
    )
    document = refused(answer, stage)
    if stage == 422:
        assert [fault["location"] for fault in document["errors"]] == ["query.colour"]


@every_case
def test_content_then_the_ceiling_then_conflicts(
    developer: Membership, door: str, case: Case
) -> None:
    client = acting(developer, door)
    refused(client.ask(case.method, case.address, case.invalid), 422, "Request.Invalid")
    refused(client.ask(case.method, case.address, case.beyond), 403, "Token.ScopeNotHeld")
    refused(client.ask(case.method, case.address, case.taken), 409)


def test_the_ceiling_before_a_state_that_forbids(
    developer: Membership, rest: RestClient, door: str
) -> None:
    client = acting(developer, door)
    expire("ci")
    refused(client.patch(TOKEN, {"scopes": ["write:*"]}), 403, "Token.ScopeNotHeld")
    refused(client.patch(TOKEN, {"scopes": []}), 409, "Token.Ended")
    rest.post(f"{ACCOUNT}/disable")
    refused(client.post(TOKENS, {"name": "x", "scopes": ["write:*"]}), 403, "Token.ScopeNotHeld")
    refused(client.post(TOKENS, {"name": "ci", "scopes": []}), 409, "ServiceAccount.Disabled")


@pytest.mark.parametrize("method", ["post", "patch", "delete", "get"])
@pytest.mark.parametrize(
    "address", ["/nothing", f"{ACCOUNT}/", f"{TOKENS}/", "/service-accounts/", "/Service-accounts"]
)
def test_the_router_comes_before_everything(door: str, method: str, address: str) -> None:
    client = RestClient(door, "nonsense")
    refused(client.ask(method, address, headers=XML), 404, "Request.NotFound")
    refused(client.ask("put", TOKENS, HUGE, headers=XML), 405, "Request.MethodNotAllowed")


def test_a_query_is_judged_whole_before_its_cursor(
    rest: RestClient, deploy: ServiceAccount
) -> None:
    answer = rest.get(f"{TOKENS}?cursor=nonsense&limit=0&sort=age")
    document = refused(answer, 422, "Request.Invalid")
    assert [fault["location"] for fault in document["errors"]] == ["query.limit", "query.sort"]
    refused(rest.get(f"{TOKENS}?cursor=nonsense"), 400, "Request.Malformed")


@pytest.mark.parametrize(
    "slug", ["X", "a", "-ab", "ab-", "a_b", "a.b", "%C3%A4b", "a" * 101, "ab%0A"]
)
def test_a_segment_that_cannot_be_a_slug_names_nothing(
    rest: RestClient, door: str, slug: str
) -> None:
    client = RestClient(door, rest.credential)
    for address in (f"/service-accounts/{slug}", f"/service-accounts/{slug}/tokens"):
        refused(client.get(address), 404)
    refused(client.get(f"{TOKENS}/{slug}"), 404)


def test_a_refused_request_changes_nothing(rest: RestClient, developer: Membership) -> None:
    before = list(ServiceAccount.objects.values()), list(Token.objects.values())
    for case in CASES:
        for body in (case.invalid, case.beyond, case.taken):
            answer = acting(developer).ask(case.method, case.address, body)
            assert answer.status_code in {403, 409, 422}
    assert (list(ServiceAccount.objects.values()), list(Token.objects.values())) == before
