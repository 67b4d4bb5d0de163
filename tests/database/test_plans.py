"""Every list, look-up and filter walks an index, and a deep page costs what the first does.

The queries are those that the API really sends, over 100,000 tokens with statistics.
"""

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.api.audit_events import AuditQuery
from accounts.api.pages import DEFAULT_LIMIT, PageQuery
from accounts.models import Membership, Organization, ServiceAccount
from accounts.pages import SORTS, Place, read_page
from accounts.roles import Role
from tests.clients import RestClient
from tests.conftest import acting
from tests.database import crowd as made
from tests.database.plans import Plan, explained, pages_of
from tokens.api.service_accounts import ServiceAccountQuery
from tokens.api.tokens import TokenQuery
from tokens.models import Token
from tokens.services.issue import issue_token

pytestmark = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="asks PostgreSQL for its plans"
)

READ = DEFAULT_LIMIT + 1
"""The rows of a page, and the one that says whether another follows."""
DEEP = 2000
ODD = 2
"""So many rows may be read in vain: of the account whose tokens these are."""


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The crowd, made once in a transaction around those of the tests, and rolled back."""
    outermost: Any = transaction.atomic()
    outermost._from_testcase = True  # noqa: SLF001 - as TestCase marks its own: durable blocks may nest
    with django_db_blocker.unblock(), outermost:
        made.gather()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def crowded(crowd: None, db: None) -> RestClient:
    """A client of the owner of `acme` in that crowd."""
    found = Membership.objects.select_related("user", "organization")
    return acting(found.get(organization__slug="acme", role=Role.OWNER))


def choices(shape: type[PageQuery], member: str) -> list[str]:
    """Return every value that a query's member takes, from the schema that is published."""
    field: Any = shape().fields[member]
    return list(field.schema["enum"])


def each_query(shape: type[PageQuery]) -> list[dict[str, str]]:
    """Return every sort with every status, and with none."""
    statuses = [{}, *({"status": status} for status in choices(shape, "status"))]
    return [{"sort": s, **status} for s, status in product(choices(shape, "sort"), statuses)]


ACCOUNT_PAGES = [("/service-accounts", query) for query in each_query(ServiceAccountQuery)]
TOKEN_PAGES = [
    (f"/service-accounts/{slug}/tokens", query)
    for slug in (made.MIXED, made.LIVELY, made.SWITCHED_OFF)
    for query in each_query(TokenQuery)
]


def table_of(address: str) -> str:
    return "tokens_token" if address.endswith("/tokens") else "accounts_serviceaccount"


def deep_cursor(address: str, query: dict[str, str]) -> str:
    """Return the cursor that the page after the first ``DEEP`` of all rows has.

    Made at once: walking there would ask for hundreds of pages.
    """
    rows: Any = ServiceAccount.objects.filter(organization__slug="acme")
    if address.endswith("/tokens"):
        slug = address.split("/")[2]
        rows = Token.objects.filter(service_account__in=rows.filter(slug=slug))
    acme = Organization.objects.get(slug="acme")
    order = SORTS[query["sort"]]
    place = Place(address=address, filters=query, limit=DEEP)
    slim = rows.only("pk", order.field)
    return str(read_page(Actor.system(acme.id), slim, order, place).next_cursor)


def assert_it_is_a_walk(plan: Plan) -> None:
    """Demand that rows came in order from an index, and that no other row was read."""
    assert not plan.sorts, plan
    assert not plan.scans_whole_table, plan
    assert plan.refused <= ODD, plan


@pytest.mark.parametrize(
    ("address", "query"),
    ACCOUNT_PAGES + TOKEN_PAGES,
    ids=lambda part: part if isinstance(part, str) else urlencode(part),
)
def test_each_status_in_each_order_is_a_walk_of_an_index(
    crowded: RestClient, address: str, query: dict[str, str]
) -> None:
    table = table_of(address)
    first, _ = explained(crowded, f"{address}?{urlencode(query)}", table)
    deep_query = {**query, "cursor": deep_cursor(address, query)}
    deep, _ = explained(crowded, f"{address}?{urlencode(deep_query)}", table)
    for plan in (first, deep):
        assert_it_is_a_walk(plan)
        [walked] = [name for name in plan.indexes if name.endswith(("_by_age", "_by_name"))]
        # At worst it tests the end of each of the account's tokens, in the index.
        assert plan.buffers <= pages_of(walked) / made.CROWDS + 4 * READ, plan


def test_a_status_that_no_token_can_have_reads_none(crowded: RestClient) -> None:
    for slug, status in ((made.MIXED, "disabled"), (made.SWITCHED_OFF, "active")):
        address = f"/service-accounts/{slug}/tokens?status={status}"
        plan, answer = explained(crowded, address, "tokens_token")
        assert answer.json()["items"] == []
        assert plan.buffers <= ODD * 2, plan


FILTERS = {
    "action": made.RARE_ACTION,
    "actor": made.BUSY_ACTOR,
    "target": made.WATCHED_TARGET,
    "from": made.SINCE,
    "to": made.UNTIL,
}
SETS_OF_FILTERS = [
    dict(chosen)
    for many in range(len(FILTERS) + 1)
    for chosen in combinations(FILTERS.items(), many)
]


def test_the_filters_are_all_that_the_log_has() -> None:
    assert set(FILTERS) == set(AuditQuery().fields) - set(PageQuery().fields)


@pytest.mark.parametrize("filters", SETS_OF_FILTERS, ids=lambda f: "+".join(f) or "none")
def test_the_log_is_filtered_by_its_indexes(crowded: RestClient, filters: dict[str, str]) -> None:
    query = {**filters, "limit": "20"}
    first, answer = explained(crowded, f"/audit-events?{urlencode(query)}", "accounts_auditevent")
    body = answer.json()
    assert body["items"]
    assert body["hasMore"]
    query["cursor"] = body["nextCursor"]
    second, _ = explained(crowded, f"/audit-events?{urlencode(query)}", "accounts_auditevent")
    for plan in (first, second):
        assert_it_is_a_walk(plan)


def test_things_are_found_by_their_slug(crowded: RestClient) -> None:
    plan, _ = explained(crowded, "/service-accounts/many-77", "accounts_serviceaccount")
    assert "service_account_slug_unique" in plan.indexes, plan
    plan, _ = explained(crowded, "/service-accounts/deploy/tokens/many-77", "tokens_token")
    assert "token_slug_unique" in plan.indexes, plan


def test_a_secret_is_found_by_its_digest(crowded: RestClient) -> None:
    deploy = ServiceAccount.objects.get(organization__slug="acme", slug="deploy")
    issued = issue_token(Actor.system(deploy.organization_id), deploy, name="asked")
    asked = crowded.acting_as(str(issued.secret))
    plan, _ = explained(asked, "/tokens/validate", "tokens_token")
    assert any("digest" in index for index in plan.indexes), plan
    assert not plan.scans_whole_table, plan


def test_an_accounts_page_reads_no_more_tokens_than_it_shows(crowded: RestClient) -> None:
    with CaptureQueriesContext(connection) as sent:
        assert crowded.get("/service-accounts/deploy").status_code == 200
    [query] = [q["sql"] for q in sent.captured_queries if "AS newest" in q["sql"]]
    plan = Plan("tokens_token", query)
    assert "token_by_age" in plan.indexes, plan
    read = [n["Actual Rows"] for n in plan.nodes if n.get("Index Name") == "token_by_age"]
    assert max(read) <= 50, plan


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize("address", ["/service-accounts", "/service-accounts/deploy/tokens"])
def test_a_deep_page_reads_no_more_than_the_first(
    crowded: RestClient, address: str, sort: str
) -> None:
    query = {"sort": sort}
    first, _ = explained(crowded, f"{address}?{urlencode(query)}", table_of(address))
    query["cursor"] = deep_cursor(address, query)
    deep, _ = explained(crowded, f"{address}?{urlencode(query)}", table_of(address))
    # One level of the tree, and what lies beside it, may come on top: not what was skipped.
    assert deep.buffers <= first.buffers * 1.25 + 8, (first, deep)


def test_a_deep_page_of_the_log_reads_no_more_than_the_first(crowded: RestClient) -> None:
    address = "/audit-events?limit=200"
    first, answer = explained(crowded, address, "accounts_auditevent")
    for _ in range(20):
        answer = crowded.get(f"{address}&cursor={answer.json()['nextCursor']}")
    cursor = answer.json()["nextCursor"]
    deep, _ = explained(crowded, f"{address}&cursor={cursor}", "accounts_auditevent")
    assert deep.buffers <= first.buffers * 1.25 + 8, (first, deep)
