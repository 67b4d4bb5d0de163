"""Walking a list page by page (contract, section 6)."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import Membership, ServiceAccount
from accounts.services.service_accounts import create_service_account
from tests.clients import Answer, RestClient
from tests.conftest import acting
from tests.rest.documents import refused
from tokens.models import Token
from tokens.services.issue import issue_token

ACCOUNTS = "/service-accounts"
TOKENS = "/service-accounts/deploy/tokens"
FORMS = [
    pytest.param(lambda c: c[:-1], id="one short"),
    pytest.param(lambda c: c[: len(c) // 2], id="half"),
    pytest.param(lambda c: c[1:], id="headless"),
    pytest.param(lambda c: c + c, id="doubled"),
    pytest.param(lambda c: c + "A", id="one more"),
    pytest.param(lambda c: c[:20] + ("A" if c[20] != "A" else "B") + c[21:], id="forged early"),
    pytest.param(lambda c: c[:60] + ("A" if c[60] != "A" else "B") + c[61:], id="forged late"),
    pytest.param(str.swapcase, id="other case"),
    pytest.param(lambda _: "x", id="nonsense"),
    pytest.param(lambda _: "", id="empty"),
    pytest.param(lambda _: "漢字", id="no ASCII"),
    pytest.param(lambda _: "A" * 5000, id="long"),
    pytest.param(lambda _: "null", id="null"),
    pytest.param(lambda _: "MQ==", id="a number"),
]


@pytest.fixture
def nine(deploy: ServiceAccount) -> list[str]:
    """The slugs of nine tokens of `deploy`, newest first."""
    actor = Actor.system(deploy.organization_id)
    slugs = [f"t-{at}" for at in range(9)]
    for slug in slugs:
        issue_token(actor, deploy, name=slug, slug=slug)
    return slugs[::-1]


def slugs_of(answer: Answer) -> list[str]:
    """Return the slugs on a page."""
    assert answer.status_code == 200, answer.content
    return [item["slug"] for item in answer.json()["items"]]


def page(rest: RestClient, cursor: str, *, address: str = TOKENS, **query: Any) -> Answer:
    """Ask for the page at ``cursor``."""
    wanted = "&".join(f"{name}={value}" for name, value in query.items())
    return rest.get(f"{address}?cursor={cursor}&{wanted}".rstrip("&"))


def not_here(answer: Answer) -> None:
    """Check that the cursor was refused, and nothing else."""
    (fault,) = refused(answer, 400, "Request.Malformed")["errors"]
    assert fault["location"] == "query.cursor"


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 8])
def test_a_walk_sees_each_once(rest: RestClient, nine: list[str], door: str, limit: int) -> None:
    client, seen = RestClient(door, rest.credential), []
    answer = client.get(f"{TOKENS}?limit={limit}")
    for _ in range(20):
        body = answer.json()
        assert list(body)[:2] == ["items", "hasMore"]
        seen += slugs_of(answer)
        if not body["hasMore"]:
            break
        assert len(body["items"]) == limit
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers["Link"])
        assert link is not None
        address = urlsplit(link[1])
        assert address.path == f"{door}{TOKENS}"
        assert parse_qs(address.query) == {"limit": [str(limit)], "cursor": [body["nextCursor"]]}
        answer = client.get(link[1].removeprefix(door))
    assert "nextCursor" not in body
    assert "Link" not in answer.headers
    assert seen == nine


@pytest.mark.parametrize("limit", [9, 10, 200])
def test_a_list_that_fits_is_one_page(rest: RestClient, nine: list[str], limit: int) -> None:
    answer = rest.get(f"{TOKENS}?limit={limit}")
    assert slugs_of(answer) == nine
    assert list(answer.json()) == ["items", "hasMore"]
    assert answer.json()["hasMore"] is False


def test_an_empty_list_is_a_page(rest: RestClient, deploy: ServiceAccount) -> None:
    assert rest.get(TOKENS).content == b'{"items":[],"hasMore":false}'


def test_fifty_come_unless_asked_otherwise(rest: RestClient, acme: Any) -> None:
    actor = Actor.system(acme.id)
    for at in range(51):
        create_service_account(actor, name=f"a{at}")
    assert len(slugs_of(rest.get(ACCOUNTS))) == 50
    assert rest.get(ACCOUNTS).json()["hasMore"]
    assert len(slugs_of(rest.get(f"{ACCOUNTS}?limit=200"))) == 51


def test_a_walk_is_not_disturbed_by_what_happens_meanwhile(
    rest: RestClient, nine: list[str]
) -> None:
    seen, cursor = [], ""
    for step in range(20):
        answer = page(rest, cursor, limit=2) if cursor else rest.get(f"{TOKENS}?limit=2")
        seen += slugs_of(answer)
        assert rest.post(TOKENS, {"name": f"new {step}", "slug": f"new-{step}"}).status_code == 201
        rest.delete(f"{TOKENS}/{nine[(step * 4) % 9]}")
        rest.patch(f"{TOKENS}/{nine[(step * 2 + 1) % 9]}", {"name": f"renamed {step}"})
        if not answer.json()["hasMore"]:
            break
        cursor = answer.json()["nextCursor"]
    assert seen == nine


def test_accounts_that_are_deleted_meanwhile_take_no_other_with_them(
    rest: RestClient, acme: Any
) -> None:
    actor = Actor.system(acme.id)
    slugs = [create_service_account(actor, name=f"a{at}").slug for at in range(9)][::-1]
    first = rest.get(f"{ACCOUNTS}?limit=3")
    seen = slugs_of(first)
    for gone in (slugs[2], slugs[3]):
        rest.delete(f"{ACCOUNTS}/{gone}")
    create_service_account(actor, name="late")
    second = page(rest, first.json()["nextCursor"], address=ACCOUNTS, limit=3)
    third = page(rest, second.json()["nextCursor"], address=ACCOUNTS, limit=3)
    seen += slugs_of(second) + slugs_of(third)
    assert seen == [slug for slug in slugs if slug != slugs[3]]


def test_things_of_one_instant_are_told_apart_by_id(rest: RestClient, nine: list[str]) -> None:
    instant = Token.objects.values_list("created_at", flat=True)[0]
    Token.objects.update(created_at=instant)
    for sort, sign in (("-createdAt", "-"), ("createdAt", "")):
        seen: list[str] = []
        answer = rest.get(f"{TOKENS}?limit=2&sort={sort}")
        while True:
            seen += slugs_of(answer)
            if not answer.json()["hasMore"]:
                break
            answer = page(rest, answer.json()["nextCursor"], limit=2, sort=sort)
        assert seen == list(Token.objects.order_by(f"{sign}pk").values_list("slug", flat=True))


def test_a_page_costs_the_same_however_deep(
    rest: RestClient, nine: list[str], django_assert_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as at_first:
        cursor = rest.get(f"{TOKENS}?limit=2").json()["nextCursor"]
    queries_at_first = len(at_first)
    assert queries_at_first > 1
    cursor = page(rest, cursor, limit=2).json()["nextCursor"]
    with django_assert_num_queries(queries_at_first) as asked:
        page(rest, cursor, limit=2)
        statements = [query["sql"] for query in asked.captured_queries]
    assert statements
    assert not [statement for statement in statements if "OFFSET" in statement]
    assert not [statement for statement in statements if "COUNT(" in statement]


@pytest.mark.parametrize("forge", FORMS)
def test_a_cursor_that_is_not_ours(rest: RestClient, nine: list[str], forge: Any) -> None:
    cursor = rest.get(f"{TOKENS}?limit=2").json()["nextCursor"]
    not_here(page(rest, forge(cursor), limit=2))
    assert slugs_of(page(rest, cursor, limit=2)) == nine[2:4]


def test_a_cursor_says_nothing(rest: RestClient, nine: list[str]) -> None:
    cursor = rest.get(f"{TOKENS}?limit=2").json()["nextCursor"]
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert cursor != rest.get(f"{TOKENS}?limit=2").json()["nextCursor"]


@pytest.mark.parametrize(
    "other",
    [
        {"sort": "createdAt"},
        {"sort": "name"},
        {"status": "active"},
        {"q": "t"},
        {"sort": "-createdAt", "status": "revoked"},
    ],
)
def test_a_cursor_is_bound_to_its_query(
    rest: RestClient, nine: list[str], other: dict[str, str]
) -> None:
    cursor = rest.get(f"{TOKENS}?limit=2").json()["nextCursor"]
    not_here(page(rest, cursor, limit=2, **other))


def test_a_cursor_of_one_filter_does_not_pass_for_another(
    rest: RestClient, nine: list[str]
) -> None:
    cursor = rest.get(f"{TOKENS}?limit=2&q=t-&status=active").json()["nextCursor"]
    not_here(page(rest, cursor, limit=2, q="t", status="active"))
    not_here(page(rest, cursor, limit=2, q="t-"))
    assert slugs_of(page(rest, cursor, status="active", q="t-", limit=2)) == nine[2:4]


def test_a_cursor_is_bound_to_its_list(
    rest: RestClient, nine: list[str], outsider: Membership
) -> None:
    rest.post(ACCOUNTS, {"name": "Other", "slug": "other"})
    cursor = rest.get(f"{TOKENS}?limit=2").json()["nextCursor"]
    not_here(page(rest, cursor, address=f"{ACCOUNTS}/other/tokens", limit=2))
    not_here(page(rest, cursor, address=ACCOUNTS, limit=2))
    not_here(page(rest, cursor, address="/audit-events", limit=2))
    rival = acting(outsider)
    rival.post(ACCOUNTS, {"name": "Deploy", "slug": "deploy"})
    not_here(page(rival, cursor, limit=2))


def test_a_cursor_is_good_for_another_limit_door_and_member(
    rest: RestClient, nine: list[str], viewer: Membership
) -> None:
    cursor = rest.get(f"{TOKENS}?limit=2").json()["nextCursor"]
    assert slugs_of(page(rest, cursor, limit=3)) == nine[2:5]
    assert slugs_of(page(rest, cursor)) == nine[2:]
    assert slugs_of(page(acting(viewer, ""), cursor, limit=2)) == nine[2:4]


def test_a_cursor_outlives_a_change_of_keys_but_not_its_key(
    rest: RestClient, nine: list[str], owner: Membership, settings: Any
) -> None:
    cursor = rest.get(f"{TOKENS}?limit=2").json()["nextCursor"]
    newest, oldest = settings.WARDKEY_SECRET_KEYS
    settings.WARDKEY_SECRET_KEYS = (oldest, newest)
    assert slugs_of(page(acting(owner), cursor, limit=2)) == nine[2:4]
    settings.WARDKEY_SECRET_KEYS = (oldest,)
    not_here(page(acting(owner), cursor, limit=2))


def test_the_link_keeps_the_query(rest: RestClient, nine: list[str]) -> None:
    answer = rest.get(f"{TOKENS}?q=T-&sort=name&limit=4")
    link = answer.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')
    wanted = parse_qs(urlsplit(link).query)
    cursor = answer.json()["nextCursor"]
    assert wanted == {"q": ["T-"], "sort": ["name"], "limit": ["4"], "cursor": [cursor]}
    assert slugs_of(rest.get(link.removeprefix("/api"))) == nine[::-1][4:8]


def test_the_log_is_walked_like_any_list(rest: RestClient, nine: list[str]) -> None:
    seen: list[str] = []
    answer = rest.get("/audit-events?limit=4&action=token.issued")
    while answer.json()["hasMore"]:
        seen += [item["target"]["slug"] for item in answer.json()["items"]]
        cursor = answer.json()["nextCursor"]
        rest.post(TOKENS, {"name": f"late {len(seen)}"})
        answer = page(rest, cursor, address="/audit-events", limit=4, action="token.issued")
    seen += [item["target"]["slug"] for item in answer.json()["items"]]
    assert seen == nine
