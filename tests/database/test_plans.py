"""Every list, look-up and filter walks an index, and a deep page costs what the first does.

The queries are those that the API really sends, over thousands of rows with statistics.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import emit
from accounts.models import Membership, ServiceAccount
from accounts.roles import Role
from accounts.services.service_accounts import create_service_account
from tests.clients import RestClient
from tests.conftest import acting, make_organization
from tests.database.rows import account, token
from tokens.services.issue import issue_token

pytestmark = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="asks PostgreSQL for its plans"
)

ACCOUNTS, TOKENS, EVENTS = 3000, 50_000, 6000
"""Tokens: of each of two accounts."""
RARE, EXPIRED = 50, 1000
"""One row of so many is disabled, revoked or of the rarer kind; and one token has expired."""


class Plan:
    """What PostgreSQL did for one query."""

    def __init__(self, table: str, query: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}")
            told = cursor.fetchone()[0]
        top = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
        self.nodes = list(_below(top))
        self.buffers = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
        self.indexes = {node["Index Name"] for node in self.nodes if "Index Name" in node}
        self.table = table
        self.query = query

    def __repr__(self) -> str:
        kinds = [(n["Node Type"], n.get("Index Name"), n.get("Relation Name")) for n in self.nodes]
        return f"{kinds}, {self.buffers} buffers, of {self.query[:2000]}"

    @property
    def scans_whole_table(self) -> bool:
        """Whether it read every row of the table that it is about."""
        return any(
            node["Node Type"] == "Seq Scan" and node["Relation Name"] == self.table
            for node in self.nodes
        )

    @property
    def sorts(self) -> bool:
        """Whether rows came in another order than was asked for."""
        return any(node["Node Type"] in {"Sort", "Incremental Sort"} for node in self.nodes)


def _below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _below(child)


def explained(rest: RestClient, address: str, table: str, status: int = 200) -> tuple[Plan, Any]:
    """Ask for ``address``; return the plan of its query about ``table``, and the answer."""
    with CaptureQueriesContext(
        connection,
    ) as sent:
        answer = rest.get(address)
    assert answer.status_code == status, answer.content
    about = [q["sql"] for q in sent.captured_queries if f'FROM "{table}"' in q["sql"]]
    return Plan(table, about[-1]), answer


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Thousands of accounts, tokens and lines of the log, some of them a neighbour's.

    Made once, in a transaction around those of the tests, and rolled back at the end.
    """
    outermost: Any = transaction.atomic()
    outermost._from_testcase = True  # noqa: SLF001 - as TestCase marks its own: durable blocks may nest
    with django_db_blocker.unblock(), outermost:
        _fill()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def crowded(crowd: None, db: None) -> RestClient:
    """A client of the owner of `acme` in that crowd."""
    found = Membership.objects.select_related("user", "organization")
    return acting(found.get(organization__slug="acme", role=Role.OWNER))


def _fill() -> None:
    acme, outsider = make_organization("acme").organization, make_organization("rival")
    system = Actor.system(acme.id)
    deploy = create_service_account(system, name="Deploy", slug="deploy", scopes=["read:releases"])
    account(acme, "seed").save(force_insert=True)
    account(outsider.organization, "seed").save(force_insert=True)
    _multiply("accounts_serviceaccount", ACCOUNTS, disabled_at=_rarely("x.created_at"))
    for owner in (deploy, ServiceAccount.objects.get(organization=acme, slug="many-1")):
        token(owner, "seed", expires_at=timezone.now() + timedelta(days=9)).save(force_insert=True)
    _multiply(
        "tokens_token",
        TOKENS,
        digest="sha256((x.id::text || n)::bytea)",
        revoked_at=_rarely("x.created_at"),
        revoked_by_id=_rarely("x.id"),
        revoked_by_name=_rarely("'hand'"),
        expires_at=f"CASE WHEN n % {EXPIRED} = 1 THEN x.created_at - interval '1 day' END",
    )
    emit(system, "token.issued", deploy)
    with connection.cursor() as cursor:
        cursor.execute(_FILL_LOG)
        cursor.execute("ANALYZE")


RARE_ID = "00000000-0000-0000-0000-000000000007"

_FILL_LOG = f"""
INSERT INTO accounts_auditevent SELECT made.* FROM
  accounts_auditevent x,
  generate_series(1, {EVENTS}) n,
  jsonb_populate_record(x, jsonb_build_object(
    'id', gen_random_uuid(), 'at', x.at - n * interval '1 second',
    'action', CASE WHEN n % {RARE} = 0 THEN 'token.revoked' ELSE 'token.issued' END,
    'actor_id', CASE WHEN n % {RARE} = 1 THEN '{RARE_ID}' ELSE gen_random_uuid()::text END,
    'target_id', CASE WHEN n % {RARE} = 2 THEN '{RARE_ID}' ELSE gen_random_uuid()::text END
  )) made WHERE x.action = 'token.issued'
"""


def _rarely(value: str) -> str:
    return f"CASE WHEN n % {RARE} = 0 THEN {value} END"


def _multiply(table: str, times: int, **members: str) -> None:
    """Write ``times`` variants of each row whose slug is `seed`: `many-1`, `many-2` and so on."""
    name = f"('Name ' || n * 7919 % {times})"
    members = {
        "id": "gen_random_uuid()",
        "slug": "'many-' || n",
        "name": name,
        "name_order": f"convert_to({name}, 'UTF8')::text",
        "created_at": "x.created_at - n * interval '1 minute'",
        **members,
    }
    pairs = ", ".join(f"'{member}', {value}" for member, value in members.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} SELECT made.* FROM {table} x, generate_series(1, {times}) n,"
            f" jsonb_populate_record(x, jsonb_build_object({pairs})) made WHERE x.slug = 'seed'"
        )


def test_every_list_walks_its_index(crowded: RestClient) -> None:
    account_list, token_list = "/service-accounts", "/service-accounts/deploy/tokens"
    accounts, tokens = "accounts_serviceaccount", "tokens_token"
    for sort, of_accounts, of_tokens in (
        ("-createdAt", "service_account_by_age", "token_by_age"),
        ("createdAt", "service_account_by_age", "token_by_age"),
        ("name", "service_account_by_name", "token_by_name"),
        ("-name", "service_account_by_name", "token_by_name"),
    ):
        for address, table, index in (
            (account_list, accounts, of_accounts),
            (token_list, tokens, of_tokens),
        ):
            plan, _ = explained(crowded, f"{address}?sort={sort}", table)
            assert index in plan.indexes, plan
            assert not plan.sorts, plan
            assert not plan.scans_whole_table, plan


LIVE = {"token_live_by_age", "token_by_age"}


def test_lists_by_status_walk_an_index(crowded: RestClient) -> None:
    accounts, tokens = "accounts_serviceaccount", "tokens_token"
    for address, table, allowed in (
        ("/service-accounts?status=disabled", accounts, {"service_account_disabled"}),
        ("/service-accounts?status=active", accounts, {"service_account_by_age"}),
        ("/service-accounts/deploy/tokens?status=active", tokens, LIVE),
        ("/service-accounts/deploy/tokens?status=revoked", tokens, {"token_revoked_by_age"}),
        ("/service-accounts/deploy/tokens?status=expired", tokens, {"token_live_by_end"}),
        ("/service-accounts/deploy/tokens?status=disabled", tokens, LIVE),
    ):
        plan, _ = explained(crowded, address, table)
        assert plan.indexes & allowed, plan
        assert not plan.scans_whole_table, plan


def test_the_log_is_filtered_by_its_indexes(crowded: RestClient) -> None:
    since = (timezone.now() - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for query, index in (
        ("", "audit_by_age"),
        (f"from={since}", "audit_by_age"),
        (f"to={since}", "audit_by_age"),
        ("action=token.revoked", "audit_by_action"),
        (f"actor={RARE_ID}", "audit_by_actor"),
        (f"target={RARE_ID}", "audit_by_target"),
    ):
        plan, answer = explained(crowded, f"/audit-events?{query}", "accounts_auditevent")
        assert answer.json()["items"]
        assert index in plan.indexes, plan
        assert not plan.sorts, plan


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


@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("/service-accounts", "accounts_serviceaccount"),
        ("/service-accounts/deploy/tokens", "tokens_token"),
    ],
)
def test_a_deep_page_reads_no_more_than_the_first(
    crowded: RestClient, address: str, table: str
) -> None:
    for sort in ("-createdAt", "createdAt", "name", "-name"):
        list_address = f"{address}?sort={sort}"
        first, answer = explained(crowded, list_address, table)
        seen = len(answer.json()["items"])
        while (cursor := answer.json().get("nextCursor")) and seen < ACCOUNTS - 200:
            answer = crowded.get(f"{list_address}&limit=200&cursor={cursor}")
            seen += len(answer.json()["items"])
        deep, _ = explained(crowded, f"{list_address}&cursor={cursor}", table)
        assert seen >= ACCOUNTS - 200
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
