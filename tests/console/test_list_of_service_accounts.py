"""The console's list of service accounts: searched, filtered, sorted, paged and counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Organization, ServiceAccount
from tests.console.pages import browser_of, weight_of, words_on
from tests.database.rows import account, revoked, token
from tokens.models import Token, TokenUsage
from tokens.web.found import COUNTED, COUNTED_OF_ONE
from tokens.web.listing import ROWS

LIST = "/console/acme/service-accounts"
NEW = f"{LIST}/-/new"
DEPLOY = f"{LIST}/deploy"


@pytest.fixture
def browser(owner: Membership) -> Client:
    """A browser in which the owner of `acme` has signed in."""
    return browser_of(owner)


def several(acme: Organization, number: int, **facts: Any) -> None:
    """Write accounts that are called `Worker 0001` and so on, each newer than the one before."""
    now = timezone.now()
    ServiceAccount.objects.bulk_create(
        account(
            acme,
            f"worker-{at:04}",
            name=f"Worker {at:04}",
            created_at=now + timedelta(microseconds=at),
            **facts,
        )
        for at in range(number)
    )


def names_on(answer: Any) -> list[str]:
    """Return the names that the list shows, in its order."""
    return [line.account.name for line in answer.context["lines"]]


def test_an_empty_list_says_what_comes_next(browser: Client) -> None:
    words = words_on(browser.get(LIST))
    assert "No service accounts yet" in words
    assert NEW in browser.get(LIST).content.decode()


def test_the_list_is_searched_filtered_and_sorted(browser: Client, acme: Organization) -> None:
    several(acme, 3)
    account(acme, "zoo", name="Zoo", disabled_at=timezone.now()).save(force_insert=True)
    assert names_on(browser.get(f"{LIST}?q=WORKER&sort=name"))[0] == "Worker 0000"
    assert names_on(browser.get(f"{LIST}?q=zo")) == ["Zoo"]
    assert names_on(browser.get(f"{LIST}?status=disabled")) == ["Zoo"]
    assert "Zoo" not in names_on(browser.get(f"{LIST}?status=active"))
    assert names_on(browser.get(f"{LIST}?sort=-name"))[0] == "Zoo"
    assert names_on(browser.get(f"{LIST}?sort=createdAt"))[0] == "Worker 0000"


@pytest.mark.parametrize("query", ["?status=odd", "?sort=odd", "?q=%20"])
def test_what_the_list_does_not_offer_counts_as_not_asked(
    browser: Client, acme: Organization, query: str
) -> None:
    several(acme, 2)
    assert names_on(browser.get(LIST + query)) == ["Worker 0001", "Worker 0000"]


def test_a_search_that_finds_nothing_says_so(browser: Client, deploy: ServiceAccount) -> None:
    words = words_on(browser.get(f"{LIST}?q=nowhere"))
    assert "Nothing found" in words
    assert "No service accounts yet" not in words


def test_a_search_that_cannot_be_made_says_why(browser: Client, deploy: ServiceAccount) -> None:
    for sought in ("x" * 201, "a%07b"):
        answer = browser.get(f"{LIST}?q={sought}")
        assert "too long to search for" in words_on(answer)


def test_a_walk_by_the_next_link_sees_every_account_once(
    browser: Client, acme: Organization
) -> None:
    several(acme, 2 * ROWS + 1)
    seen, address = [], LIST
    while address:
        answer = browser.get(address)
        seen += names_on(answer)
        address = answer.context["next"]
    assert seen == [f"Worker {at:04}" for at in reversed(range(2 * ROWS + 1))]
    assert answer.context["listing"].first() == LIST


def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few(
    browser: Client, acme: Organization, django_assert_max_num_queries: Any
) -> None:
    several(acme, 1000)
    for row in ServiceAccount.objects.order_by("-created_at")[:ROWS]:
        token(row, "one", name="one").save(force_insert=True)
    with django_assert_max_num_queries(7) as many:
        browser.get(LIST)
    ServiceAccount.objects.exclude(slug__in=["worker-0999", "worker-0998"]).update(
        deleted_at=timezone.now()
    )
    with django_assert_max_num_queries(len(many)) as few:
        assert len(names_on(browser.get(LIST))) == 2
    assert len(few) == len(many)


def test_a_full_page_ships_in_under_60_kilobytes(browser: Client, acme: Organization) -> None:
    several(acme, ROWS + 1, scopes=["read:releases", "write:releases", "read:users"])
    assert weight_of(browser.get(LIST)) < 60_000


def test_the_list_counts_active_tokens_and_tells_the_next_end(
    browser: Client, deploy: ServiceAccount
) -> None:
    now = timezone.now()
    ends = {"a": None, "b": now + timedelta(days=6, hours=1), "c": now - timedelta(days=1)}
    for slug, end in ends.items():
        token(deploy, slug, expires_at=end).save(force_insert=True)
    gone = token(deploy, "d", **revoked())
    gone.save(force_insert=True)
    TokenUsage.objects.create(token=gone, last_used_at=now - timedelta(minutes=5, seconds=10))
    answer = browser.get(LIST)
    tally = answer.context["lines"][0].tally
    assert (tally.active, tally.has_more, tally.next_end) == (2, False, ends["b"])
    words = words_on(answer)
    assert "2 active" in words
    assert "Next to expire: in 6 days" in words
    assert "Expires soon" in words
    assert "5 minutes ago" in words


def test_a_count_has_an_end(browser: Client, deploy: ServiceAccount) -> None:
    Token.objects.bulk_create(token(deploy, f"t-{at}") for at in range(COUNTED + 5))
    assert f"{COUNTED} or more active" in words_on(browser.get(LIST))
    assert f"{COUNTED + 5} active" in words_on(browser.get(DEPLOY))
    Token.objects.bulk_create(token(deploy, f"u-{at}") for at in range(COUNTED_OF_ONE))
    assert f"{COUNTED_OF_ONE} or more active" in words_on(browser.get(DEPLOY))


@pytest.mark.parametrize("query", ["?cursor=made-up", "?sort=name&cursor={cursor}"])
def test_a_cursor_of_another_question_is_refused_with_a_page(
    browser: Client, acme: Organization, query: str
) -> None:
    several(acme, ROWS + 1)
    cursor = browser.get(LIST).context["next"].partition("cursor=")[2]
    answer = browser.get(LIST + query.format(cursor=cursor))
    assert answer.status_code == 400
    assert "The cursor cannot be used here." in words_on(answer)
