"""Service accounts in the admin: the list with its filters, and an account's page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, ServiceAccount
from tests.admin.lists import ACCOUNTS, ORGANIZATIONS, TOKENS, listed, make_account, make_token
from tests.console.pages import words_on
from tests.database.rows import revoked
from tokens.models import TokenUsage

DAY = timedelta(days=1)


@pytest.fixture
def accounts(owner: Membership, outsider: Membership) -> dict[str, ServiceAccount]:
    """Accounts of every status, in two organizations, by their names."""
    now = timezone.now()
    made = [
        make_account(owner, "busy", created_at=now - 200 * DAY, scopes=["read:users"]),
        make_account(owner, "idle", created_at=now - 100 * DAY, scopes=["write:users"]),
        make_account(owner, "new", created_at=now - 2 * DAY),
        make_account(outsider, "off", disabled_at=now, created_at=now - 40 * DAY),
        make_account(outsider, "dead", deleted_at=now, created_by_name="Rita"),
    ]
    busy, idle = made[:2]
    for account, ago in ((busy, 1), (busy, 150), (idle, 45)):
        token = make_token(account, f"used-{ago}", created_at=now - 180 * DAY)
        TokenUsage.objects.create(token=token, last_used_at=now - ago * DAY)
    make_token(busy, "gone", **revoked())
    return {account.name: account for account in made}


def test_the_list_shows_every_organizations_accounts_the_newest_first(
    auditor: Client, accounts: dict[str, ServiceAccount]
) -> None:
    assert listed(auditor, ACCOUNTS) == ["dead", "new", "off", "idle", "busy"]
    words = words_on(auditor.get(ACCOUNTS, {"q": "busy"}))
    assert "2 active" in words, "of its tokens"
    assert "hand" in words, "who made it"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"organization": "rival"}, {"off", "dead"}),
        ({"organization": "nowhere"}, set()),
        ({"status": "active"}, {"busy", "idle", "new"}),
        ({"status": "disabled"}, {"off"}),
        ({"status": "deleted"}, {"dead"}),
        ({"status": "lost"}, set()),
        ({"unused": "30"}, {"idle", "off"}),
        ({"unused": "90"}, set()),
        ({"scope": "read:users"}, {"busy"}),
        ({"scope": "users"}, set()),
        ({"creator": "Rita"}, {"dead"}),
        ({"organization": "acme", "unused": "30"}, {"idle"}),
        ({"q": "o", "status": "disabled"}, {"off"}),
    ],
)
def test_the_list_is_narrowed(
    auditor: Client,
    accounts: dict[str, ServiceAccount],
    query: dict[str, str],
    found: set[str],
) -> None:
    assert set(listed(auditor, ACCOUNTS, **query)) == found


def test_a_page_says_when_it_looked_at_a_part_alone(
    auditor: Client, accounts: dict[str, ServiceAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.admin.filters.Filter.most", 2)
    answer = auditor.get(ACCOUNTS, {"scope": "read:users"})
    assert "Nothing fits" in words_on(answer)
    assert "Only the first 2 were looked at" in words_on(answer)


@pytest.mark.parametrize("query", [{}, {"q": "robot"}, {"organization": "acme", "unused": "30"}])
def test_a_list_asks_no_more_for_more_rows(
    auditor: Client, owner: Membership, query: dict[str, str]
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as sent:
            assert auditor.get(ACCOUNTS, query).status_code == 200
        return len(sent)

    for number in range(5):
        make_account(owner, f"robot-{number}", created_at=timezone.now() - 99 * DAY)
    few = asked()
    for number in range(5, 24):
        make_token(make_account(owner, f"robot-{number}"), "ci")
    assert asked() == few


def test_an_accounts_page_leads_to_its_organization_and_its_tokens(
    auditor: Client, accounts: dict[str, ServiceAccount]
) -> None:
    busy = accounts["busy"]
    answer = auditor.get(f"{ACCOUNTS}{busy.pk}")
    page, words = answer.content.decode(), words_on(answer)
    assert f'href="{ORGANIZATIONS}{busy.organization_id}"' in page
    assert f'href="{TOKENS}?account={busy.pk}"' in page
    for token in busy.tokens.all():
        assert f'href="{TOKENS}{token.pk}"' in page
    for told in ("read:users", "2 active", "Active", "Revoked", str(busy.pk)):
        assert told in words
    assert set(listed(auditor, TOKENS, account=str(busy.pk))) == {"used-1", "used-150", "gone"}


def test_an_accounts_page_shows_the_newest_of_its_history(
    auditor: Client, deploy: ServiceAccount
) -> None:
    words = words_on(auditor.get(f"{ACCOUNTS}{deploy.pk}"))
    assert "Recent activity" in words
    assert "created the service account deploy" in words


def test_an_account_without_tokens_says_so(
    auditor: Client, accounts: dict[str, ServiceAccount]
) -> None:
    words = words_on(auditor.get(f"{ACCOUNTS}{accounts['dead'].pk}"))
    assert "Deleted" in words
    assert "0 active" in words
    assert "None." in words
