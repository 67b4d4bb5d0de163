"""Of several things that are wrong, the contract says which one is told (section 1).

Every two refusals of every operation are committed in one request.
"""

from ipaddress import ip_network
from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import Membership, ServiceAccount
from accounts.services.service_accounts import create_service_account
from accounts.services.throttle import SIGN_IN_BY_ACCOUNT, SIGN_IN_BY_ADDRESS, count_try
from tests.clients import RestClient
from tests.conftest import acting
from tests.organizations.operations import OPERATIONS, Operation
from tests.organizations.rows import Rows, all_rows
from tests.rest.documents import expire, refused
from tests.rest.operations import ACCOUNT, ACCOUNTS, TOKEN, TOKENS
from tests.rest.refusals import (
    ABLE,
    ENABLE,
    LIMITED,
    SPENT_ACCOUNT,
    SPENT_ADDRESS,
    UNKNOWN,
    good,
    pairs_of,
    refusals_of,
    statuses_of,
)
from tokens.services.issue import IssuedToken, issue_token

HUGE = b"{" + b" " * 65_536
XML = {"Accept": "application/xml"}
BUILT = [operation for operation in OPERATIONS if operation.method != "ANY"]

every_operation = pytest.mark.parametrize("operation", BUILT, ids=str)

Callers = dict[str, RestClient]


@pytest.fixture(autouse=True)
def furnished(rest: RestClient, ci: IssuedToken) -> None:
    """`deploy` and `ci` are there, and what the bodies collide with."""
    assert rest.post(ACCOUNTS, {"name": "Other", "externalId": "x-1"}).status_code == 201
    assert rest.post(TOKENS, {"name": "taken"}).status_code == 201


@pytest.fixture(autouse=True)
def spent(db: None, settings: Any) -> None:
    """Somebody has had all tries, and a proxy is believed when it says that it is they."""
    settings.WARDKEY_TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    for limit, who in ((SIGN_IN_BY_ADDRESS, SPENT_ADDRESS), (SIGN_IN_BY_ACCOUNT, SPENT_ACCOUNT)):
        for _ in range(limit.tries):
            count_try(limit, who)


@pytest.fixture
def callers(developer: Membership, deploy: ServiceAccount, door: str) -> Callers:
    """Who may ask: one who can do a little, one who can do nothing, one who is nobody."""
    system = Actor.system(deploy.organization_id)
    limiteds = create_service_account(system, name="Limited", scopes=[])
    limited = issue_token(system, limiteds, name="limited").secret
    return {
        ABLE: acting(developer, door),
        LIMITED: RestClient(door, str(limited)),
        UNKNOWN: RestClient(door, "nonsense"),
    }


@every_operation
def test_of_any_two_refusals_the_earlier_is_told(
    operation: Operation, callers: Callers, rest: RestClient
) -> None:
    if str(operation) == ENABLE:
        rest.post(f"{ACCOUNT}/disable")
    before = all_rows()
    wrong = []
    for earlier, later in pairs_of(operation):
        draft = earlier.earn(later.earn(good(operation)))
        answer = draft.send(callers[draft.caller])
        if not earlier.told_by(answer):
            wrong.append(f"{earlier.name}, {later.name}: {answer.content.decode()}")
    assert wrong == []
    assert _without_tries(all_rows()) == _without_tries(before)


@every_operation
def test_each_refusal_alone_is_told(
    operation: Operation, callers: Callers, rest: RestClient
) -> None:
    if str(operation) == ENABLE:
        rest.post(f"{ACCOUNT}/disable")
    for refusal in refusals_of(operation):
        draft = refusal.earn(good(operation))
        answer = draft.send(callers[draft.caller])
        assert refusal.told_by(answer), f"{refusal.name}: {answer.content.decode()}"


@every_operation
def test_every_documented_status_is_among_the_refusals(operation: Operation) -> None:
    earned = {refusal.status for refusal in refusals_of(operation)}
    assert earned == statuses_of(operation) | ({404} if "{" not in operation.address else set())


def test_a_verdict_asks_who_before_what(ci: IssuedToken, door: str) -> None:
    address = "/tokens/validate?scope=write:users"
    refused(RestClient(door, "nonsense").get(address), 401, "Auth.NoIdentity")
    refused(RestClient(door, str(ci.secret)).get(address), 403, "Auth.MissingScope")


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


def _without_tries(rows: Rows) -> Rows:
    """Return the rows without the counts of wrong passwords."""
    return {place: row for place, row in rows.items() if place[0] != "accounts.Attempt"}
