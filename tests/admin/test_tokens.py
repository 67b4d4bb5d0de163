"""Tokens in the admin: the list with its filters, and a token's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.admin.filters import Filter
from accounts.models import Membership, Organization, ServiceAccount
from accounts.services.service_accounts import delete_service_account
from tests.admin.lists import ACCOUNTS, TOKENS, listed, make_account, make_token, named_on
from tests.console.pages import words_on
from tests.database.rows import revoked
from tokens.models import Token, TokenUsage
from tokens.services.issue import IssuedToken

DAY = timedelta(days=1)


@pytest.fixture
def tokens(deploy: ServiceAccount, outsider: Membership) -> dict[str, Token]:
    """Tokens of every status, in two organizations, by their names."""
    now = timezone.now()
    rival = make_account(outsider, "robot", scopes=["write:users"])
    off = make_account(outsider, "off", disabled_at=now, scopes=[])
    made = [
        make_token(deploy, "good", created_at=now - 400 * DAY, scopes=["read:users"]),
        make_token(deploy, "soon", expires_at=now + 5 * DAY, created_at=now - 40 * DAY),
        make_token(deploy, "later", expires_at=now + 20 * DAY),
        make_token(deploy, "over", expires_at=now - DAY, created_at=now - 100 * DAY),
        make_token(deploy, "gone", **revoked(), created_at=now - 300 * DAY),
        make_token(rival, "theirs", expires_at=now + 80 * DAY, created_by_name="Rita"),
        make_token(off, "asleep", created_at=now - 31 * DAY),
    ]
    for name, ago in (("good", 60), ("soon", 2), ("over", 95), ("gone", 200)):
        found = next(token for token in made if token.name == name)
        TokenUsage.objects.create(token=found, last_used_at=now - ago * DAY)
    return {token.name: token for token in made}


def test_the_list_shows_every_organizations_tokens_the_newest_first(
    auditor: Client, tokens: dict[str, Token]
) -> None:
    newest = sorted(tokens.values(), key=lambda token: token.created_at, reverse=True)
    assert listed(auditor, TOKENS) == [token.name for token in newest]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"organization": "rival"}, {"theirs", "asleep"}),
        ({"organization": "nowhere"}, set()),
        ({"status": "active"}, {"good", "soon", "later", "theirs"}),
        ({"status": "expired"}, {"over"}),
        ({"status": "revoked"}, {"gone"}),
        ({"status": "disabled"}, {"asleep"}),
        ({"status": "lost"}, set()),
        ({"expiring": "7"}, {"soon"}),
        ({"expiring": "30"}, {"soon", "later"}),
        ({"expiring": "90"}, {"soon", "later", "theirs"}),
        ({"expiring": "8"}, set()),
        ({"unused": "30"}, {"good", "over", "gone", "asleep"}),
        ({"unused": "90"}, {"over", "gone"}),
        ({"unused": "365"}, set()),
        ({"scope": "read:users"}, {"good"}),
        ({"scope": "write:users"}, {"theirs"}),
        ({"scope": "read:releases"}, {"soon", "later", "over", "gone"}),
        ({"scope": "users"}, set()),
        ({"creator": "Rita"}, {"theirs"}),
        ({"creator": "Rit"}, set()),
        ({"account": "no id"}, set()),
        ({"organization": "rival", "status": "active"}, {"theirs"}),
        ({"organization": "acme", "unused": "30", "status": "revoked"}, {"gone"}),
        ({"expiring": "90", "scope": "read:releases"}, {"soon", "later"}),
        ({"q": "g", "status": "revoked"}, {"gone"}),
    ],
)
def test_the_list_is_narrowed(
    auditor: Client, tokens: dict[str, Token], query: dict[str, str], found: set[str]
) -> None:
    assert set(listed(auditor, TOKENS, **query)) == found


def test_tokens_are_narrowed_by_who_made_them_and_by_their_account(
    auditor: Client, tokens: dict[str, Token]
) -> None:
    token = tokens["asleep"]
    assert listed(auditor, TOKENS, creator=str(token.created_by_id)) == ["asleep"]
    assert listed(auditor, TOKENS, account=str(token.service_account_id)) == ["asleep"]
    assert listed(auditor, TOKENS, organization=str(token.organization_id)) == ["theirs", "asleep"]


def test_what_expires_soonest_and_what_expired_last_comes_first(
    auditor: Client, tokens: dict[str, Token], deploy: ServiceAccount
) -> None:
    make_token(deploy, "long over", expires_at=timezone.now() - 9 * DAY)
    assert listed(auditor, TOKENS, expiring="90") == ["soon", "later", "theirs"]
    assert listed(auditor, TOKENS, status="expired") == ["over", "long over"]


def test_a_token_that_ended_is_found_by_the_scope_that_it_followed(
    auditor: Client, tokens: dict[str, Token], deploy: ServiceAccount
) -> None:
    ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=["read:billing"])
    assert set(listed(auditor, TOKENS, scope="read:releases")) == {"over", "gone"}
    assert set(listed(auditor, TOKENS, scope="read:billing")) == {"soon", "later"}


def test_tokens_of_what_is_deleted_or_suspended_are_shown_as_that(
    auditor: Client, tokens: dict[str, Token], deploy: ServiceAccount, outsider: Membership
) -> None:
    Organization.objects.filter(pk=outsider.organization_id).update(suspended_at=timezone.now())
    ServiceAccount.objects.filter(pk=deploy.pk).update(deleted_at=timezone.now())
    assert listed(auditor, TOKENS, status="active") == []
    assert set(listed(auditor, TOKENS)) == set(tokens)
    assert "Account deleted" in words_on(auditor.get(f"{TOKENS}{tokens['good'].pk}"))
    assert "Organization suspended" in words_on(auditor.get(f"{TOKENS}{tokens['theirs'].pk}"))
    assert "Revoked" in words_on(auditor.get(f"{TOKENS}{tokens['gone'].pk}"))


def test_a_deleted_accounts_tokens_can_still_be_found(
    auditor: Client, ci: IssuedToken, deploy: ServiceAccount
) -> None:
    delete_service_account(Actor.system(deploy.organization_id), deploy)
    assert listed(auditor, TOKENS, q="ci") == ["ci"]


def test_a_page_says_when_its_filters_looked_at_a_part_alone(
    auditor: Client, tokens: dict[str, Token], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Filter, "most", 3)
    part = auditor.get(TOKENS, {"scope": "read:releases"})
    assert set(named_on(part)) < {"soon", "later", "over", "gone"}
    assert "Only the first 3 were looked at" in words_on(part)
    whole = auditor.get(TOKENS, {"scope": "write:users", "organization": "rival"})
    assert named_on(whole) == ["theirs"]
    assert "Only the first" not in words_on(whole), "an index leads to an organization's"
    exported = auditor.get(f"{TOKENS}export.csv", {"scope": "read:releases"})
    assert len(exported.getvalue().splitlines()) == 1 + len({"soon", "later", "over", "gone"})


def test_a_list_is_cut_into_pages(auditor: Client, deploy: ServiceAccount) -> None:
    for number in range(60):
        make_token(deploy, f"token-{number:02}", created_at=timezone.now() - number * DAY)
    pages = [listed(auditor, TOKENS, p=str(page)) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 25, 10]
    names = [name for page in pages for name in page]
    assert names == [f"token-{number:02}" for number in range(60)]


@pytest.mark.parametrize("query", [{}, {"q": "token"}, {"organization": "acme", "unused": "30"}])
def test_a_list_asks_no_more_for_more_rows(
    auditor: Client, deploy: ServiceAccount, query: dict[str, str]
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as sent:
            assert auditor.get(TOKENS, query).status_code == 200
        return len(sent)

    for number in range(5):
        make_token(deploy, f"token-{number}", created_at=timezone.now() - 99 * DAY)
    few = asked()
    for number in range(5, 24):
        make_token(deploy, f"token-{number}", created_at=timezone.now() - 99 * DAY)
    assert asked() == few


def test_a_tokens_page_tells_all_but_what_is_secret_and_leads_on(
    auditor: Client, ci: IssuedToken, owner: Membership
) -> None:
    Token.objects.filter(pk=ci.token.pk).update(created_by_id=owner.user_id)
    answer = auditor.get(f"{TOKENS}{ci.token.pk}")
    words, page = words_on(answer), answer.content.decode()
    for told in ("acme", "deploy", ci.token.prefix, "write:releases", "Never", str(ci.token.pk)):
        assert told in words
    assert f'href="{ACCOUNTS}{ci.token.service_account_id}"' in page
    assert f'href="/admin/accounts/organization/{ci.token.organization_id}"' in page
    assert f'href="/admin/accounts/user/{owner.user_id}"' in page
    for hidden in (str(ci.secret), bytes(ci.token.digest).hex(), ci.token.key_id):
        assert f">{hidden}<" not in page


def test_a_tokens_page_shows_the_newest_of_its_history(
    auditor: Client, ci: IssuedToken, owner: Membership
) -> None:
    assert "created the token ci" in words_on(auditor.get(f"{TOKENS}{ci.token.pk}"))
    assert "created the token ci" in words_on(auditor.get(f"{TOKENS}{ci.token.pk}/history"))


@pytest.mark.parametrize("address", ["00000000-0000-0000-0000-000000000000", "nonsense", "1/2"])
def test_what_is_not_there_is_not_shown(auditor: Client, address: str) -> None:
    assert auditor.get(f"{TOKENS}{address}").status_code == 404


@pytest.mark.parametrize(
    "query", [{"p": "9999"}, {"p": "x"}, {"o": "1"}, {"service_account__name": "x"}, {"e": "1"}]
)
def test_an_odd_query_breaks_nothing(
    auditor: Client, ci: IssuedToken, query: dict[str, Any]
) -> None:
    answer = auditor.get(TOKENS, query)
    assert answer.status_code in {200, 302}


@pytest.mark.parametrize(
    "name", ["organization", "account", "creator", "scope", "status", "unused"]
)
def test_a_filter_that_no_database_takes_lets_nothing_through(
    auditor: Client, tokens: dict[str, Token], name: str
) -> None:
    for odd in ("%00", "acme%00", "30%00", "odd"):
        assert named_on(auditor.get(f"{TOKENS}?{name}={odd}")) == []
