"""The tokens of a service account in the console: the list, one of them, and its changing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import AuditEvent, Membership, ServiceAccount
from tests.console.pages import browser_of, weight_of, words_on
from tests.database.rows import revoked, token
from tokens.models import Token, TokenUsage
from tokens.services.issue import IssuedToken
from tokens.web.listing import ROWS

DEPLOY = "/console/acme/service-accounts/deploy"
CI = f"{DEPLOY}/tokens/ci"


@pytest.fixture
def browser(owner: Membership, deploy: ServiceAccount) -> Client:
    """A browser in which the owner of `acme` has signed in."""
    return browser_of(owner)


def several(deploy: ServiceAccount, number: int, **facts: Any) -> None:
    """Write tokens that are called `Job 0001` and so on, each newer than the one before."""
    now = timezone.now()
    Token.objects.bulk_create(
        token(
            deploy,
            f"job-{at:04}",
            name=f"Job {at:04}",
            created_at=now + timedelta(microseconds=at),
            **facts,
        )
        for at in range(number)
    )


def names_on(answer: Any) -> list[str]:
    """Return the names that the list shows, in its order."""
    return [line.token.name for line in answer.context["lines"]]


def test_an_account_without_tokens_says_what_one_is_for(browser: Client) -> None:
    answer = browser.get(DEPLOY)
    assert "No tokens yet" in words_on(answer)
    assert f"{DEPLOY}/tokens/-/new" in answer.content.decode()


def test_a_row_tells_all_but_the_secret(
    browser: Client, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    Token.objects.filter(pk=ci.token.pk).update(
        expires_at=timezone.now() + timedelta(days=3, minutes=1)
    )
    TokenUsage.objects.create(
        token=ci.token, last_used_at=timezone.now() - timedelta(minutes=2, seconds=20)
    )
    answer = browser.get(DEPLOY)
    words = words_on(answer)
    for told in ("ci", f"{ci.token.prefix}…", "write:releases", "system", "2 minutes ago"):
        assert told in words
    assert "in 3 days" in words
    assert "Expires soon" in words
    assert str(ci.secret) not in answer.content.decode()
    assert '<svg class="key"' in answer.content.decode()


def test_the_list_is_filtered_searched_and_sorted(browser: Client, deploy: ServiceAccount) -> None:
    now = timezone.now()
    for slug, facts in {
        "live": {},
        "old": {"expires_at": now - timedelta(days=1)},
        "gone": revoked(),
    }.items():
        token(deploy, slug, **facts).save(force_insert=True)
    for status, slugs in {"active": ["live"], "expired": ["old"], "revoked": ["gone"]}.items():
        assert names_on(browser.get(f"{DEPLOY}?status={status}")) == slugs
    assert names_on(browser.get(f"{DEPLOY}?sort=-name")) == ["old", "live", "gone"]
    assert names_on(browser.get(f"{DEPLOY}?q=LIV")) == ["live"]
    ServiceAccount.objects.filter(pk=deploy.pk).update(disabled_at=now)
    assert names_on(browser.get(f"{DEPLOY}?status=disabled")) == ["live"]


def test_a_token_is_found_by_its_prefix(
    browser: Client, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    token(deploy, "other").save(force_insert=True)
    assert names_on(browser.get(f"{DEPLOY}?q={ci.token.prefix.upper()}")) == ["ci"]


def test_a_walk_by_the_next_link_sees_every_token_once(
    browser: Client, deploy: ServiceAccount
) -> None:
    several(deploy, 2 * ROWS + 1)
    seen, address = [], DEPLOY
    while address:
        answer = browser.get(address)
        seen += names_on(answer)
        address = answer.context["next"]
    assert seen == [f"Job {at:04}" for at in reversed(range(2 * ROWS + 1))]


def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few(
    browser: Client, deploy: ServiceAccount, django_assert_max_num_queries: Any
) -> None:
    several(deploy, 1)
    with django_assert_max_num_queries(9) as few:
        browser.get(DEPLOY)
    Token.objects.all().delete()
    several(deploy, 1000)
    with django_assert_max_num_queries(len(few)) as many:
        assert len(names_on(browser.get(DEPLOY))) == ROWS
    assert len(few) == len(many)


def test_a_full_page_ships_in_under_60_kilobytes(browser: Client, deploy: ServiceAccount) -> None:
    several(deploy, ROWS + 1, scopes=["read:releases", "write:releases", "read:users"])
    assert weight_of(browser.get(DEPLOY)) < 60_000


def test_a_token_whose_maker_has_left_says_so(
    browser: Client, admin: Membership, deploy: ServiceAccount
) -> None:
    browser_of(admin).post(f"{DEPLOY}/tokens/-/new", {"name": "Theirs", "slug": "theirs"})
    assert "has left" not in words_on(browser.get(DEPLOY))
    Membership.objects.filter(pk=admin.pk).update(removed_at=timezone.now())
    for page in (DEPLOY, f"{DEPLOY}/tokens/theirs"):
        assert "who has left" in words_on(browser.get(page))


def test_a_tokens_page_says_what_it_can_do_in_words(browser: Client, ci: IssuedToken) -> None:
    words = words_on(browser.get(CI))
    assert "Read and write Releases" in words
    assert "Read and write Service accounts and tokens" in words


@pytest.mark.parametrize("page", ["", "/edit", "/revoke", "/secret"])
def test_a_token_that_is_not_there_is_404(browser: Client, ci: IssuedToken, page: str) -> None:
    assert browser.get(f"{DEPLOY}/tokens/other{page}").status_code == 404


@pytest.mark.parametrize("page", ["", "/edit", "/revoke", "/secret"])
def test_a_token_of_others_is_404(outsider: Membership, ci: IssuedToken, page: str) -> None:
    browser = browser_of(outsider)
    for organization in ("acme", "rival"):
        address = f"/console/{organization}/service-accounts/deploy/tokens/ci{page}"
        assert browser.get(address).status_code == 404
        assert browser.post(address, {"name": "Mine"}).status_code == 404


def test_a_token_is_changed(browser: Client, ci: IssuedToken, owner: Membership) -> None:
    page = browser.get(f"{CI}/edit").content.decode()
    assert 'value="ci"' in page
    assert 'value="write:releases" aria-label="Read and write Releases" checked' in page
    form = {
        "name": "Runner",
        "description": "In the vault.",
        "mode": "choose",
        "scopes": ["read:releases"],
        "expires": "30",
    }
    answer = browser.post(f"{CI}/edit", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, CI)
    assert "Runner is changed." in words_on(browser.get(CI))
    now = Token.objects.get(pk=ci.token.pk)
    assert (now.name, now.description, now.scopes) == ("Runner", "In the vault.", ["read:releases"])
    assert now.expires_at is not None
    left = now.expires_at - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
    event = AuditEvent.objects.get(action="token.changed")
    assert event.actor_id == owner.user_id


def test_what_is_not_touched_stays(browser: Client, ci: IssuedToken) -> None:
    before = Token.objects.get(pk=ci.token.pk)
    form = {
        "name": "ci",
        "description": "",
        "mode": "choose",
        "scopes": before.scopes,
        "expires": "keep",
    }
    assert browser.post(f"{CI}/edit", form).status_code == 303
    after = Token.objects.get(pk=ci.token.pk)
    assert (after.scopes, after.expires_at) == (before.scopes, before.expires_at)
    assert not AuditEvent.objects.filter(action="token.changed").exists()


def test_a_token_can_be_made_to_follow_the_account(browser: Client, ci: IssuedToken) -> None:
    form = {"name": "ci", "mode": "inherit", "scopes": ["read:billing"], "expires": "keep"}
    assert browser.post(f"{CI}/edit", form).status_code == 303
    assert Token.objects.get(pk=ci.token.pk).scopes is None
    assert "Follows the account" in words_on(browser.get(DEPLOY))


def test_an_ended_token_is_not_changed(browser: Client, ci: IssuedToken) -> None:
    Token.objects.filter(pk=ci.token.pk).update(expires_at=timezone.now())
    assert f"{CI}/edit" not in browser.get(CI).content.decode()
    answer = browser.post(f"{CI}/edit", {"name": "Runner", "mode": "choose", "expires": "keep"})
    assert answer.status_code == 409
    assert Token.objects.get(pk=ci.token.pk).name == "ci"


@pytest.mark.parametrize("page", ["", "/tokens/ci", "/tokens/ci/edit", "/tokens/ci/revoke"])
def test_an_end_at_the_calendars_very_end_is_shown_wherever_one_lives(
    browser: Client, owner: Membership, ci: IssuedToken, page: str
) -> None:
    owner.user.time_zone = "Pacific/Kiritimati"
    owner.user.save()
    Token.objects.update(expires_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    answer = browser.get(DEPLOY + page)
    assert answer.status_code == 200
    assert 'datetime="9999-12-31T23:59:59' in answer.content.decode()


@override_settings(WARDKEY_MAX_TOKEN_LIFETIME=timedelta(days=60))
def test_what_is_offered_on_changing_counts_from_the_tokens_birth(
    browser: Client, ci: IssuedToken
) -> None:
    born = timezone.now() - timedelta(days=40)
    Token.objects.filter(pk=ci.token.pk).update(
        created_at=born, expires_at=timezone.now() + timedelta(days=1)
    )
    offers = browser.get(f"{CI}/edit").context["expiry"].offers
    assert [offer.value for offer in offers] == ["keep", "7", "longest", "date"]
    form = {"name": "ci", "mode": "choose", "scopes": ["read:releases"], "expires": "longest"}
    assert browser.post(f"{CI}/edit", form).status_code == 303
    end = Token.objects.get(pk=ci.token.pk).expires_at
    assert end == (born + timedelta(days=60)).replace(microsecond=0)


def test_a_secret_that_is_pasted_into_a_field_is_refused_and_not_shown_again(
    browser: Client, ci: IssuedToken
) -> None:
    answer = browser.post(
        f"{CI}/edit", {"name": str(ci.secret), "mode": "choose", "expires": "keep"}
    )
    assert answer.status_code == 422
    assert str(ci.secret) not in answer.content.decode()
    assert "[redacted]" in answer.content.decode()
    found = browser.get(f"{DEPLOY}?q={ci.secret}").content.decode()
    assert str(ci.secret) not in found
