"""Organizations in the admin: the list, and the page that tells what one amounts to."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Organization, ServiceAccount
from tests.admin.lists import ACCOUNTS, ORGANIZATIONS, TOKENS, listed, make_account, make_token
from tests.console.pages import words_on
from tests.database.rows import revoked
from tokens.services.issue import IssuedToken


@pytest.fixture
def states(owner: Membership, outsider: Membership) -> None:
    """Organizations of every status: acme is live."""
    now = timezone.now()
    Organization.objects.filter(slug="rival").update(suspended_at=now)
    Organization.objects.create(slug="old", name="Old", deleted_at=now, suspended_at=now)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"Acme", "Rival", "Old"}),
        ({"status": "live"}, {"Acme"}),
        ({"status": "suspended"}, {"Rival"}),
        ({"status": "deleted"}, {"Old"}),
        ({"status": "lost"}, set()),
        ({"status": "live", "q": "rival"}, set()),
    ],
)
def test_the_list_is_narrowed(
    auditor: Client, states: None, query: dict[str, str], found: set[str]
) -> None:
    assert set(listed(auditor, ORGANIZATIONS, **query)) == found


def test_the_list_counts_who_is_a_member_now(
    auditor: Client, owner: Membership, admin: Membership, viewer: Membership
) -> None:
    Membership.objects.filter(pk=viewer.pk).update(removed_at=timezone.now())
    page = auditor.get(ORGANIZATIONS, {"q": "acme"}).content.decode()
    assert 'data-l="Members"><div class="wrap">2</div>' in page


def test_the_list_asks_no_more_for_more_rows(auditor: Client, owner: Membership) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as sent:
            assert auditor.get(ORGANIZATIONS).status_code == 200
        return len(sent)

    Organization.objects.create(slug="one", name="One")
    few = asked()
    for number in range(20):
        Organization.objects.create(slug=f"many-{number}", name="Many")
    assert asked() == few


def test_the_page_is_a_summary(
    auditor: Client, owner: Membership, admin: Membership, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    off = make_account(owner, "off", disabled_at=timezone.now())
    make_token(off, "asleep")
    for number in range(3):
        make_token(deploy, f"gone-{number}", **revoked())
    for number in range(2):
        ended = timezone.now() - timedelta(days=number + 1)
        make_token(deploy, f"over-{number}", expires_at=ended)
    answer = auditor.get(f"{ORGANIZATIONS}{owner.organization_id}")
    page, words = answer.content.decode(), words_on(answer)
    for status, many in (("Active", 1), ("Disabled", 1), ("Expired", 2), ("Revoked", 3)):
        assert f"{status} {many} " in words, status
    for member in (owner, admin):
        assert f'href="/admin/accounts/user/{member.user_id}"' in page
        assert f'href="/admin/accounts/membership/{member.pk}"' in page
    assert f'href="{ACCOUNTS}{deploy.pk}"' in page
    for model in ("accounts/membership", "accounts/serviceaccount", "tokens/token"):
        assert f'href="/admin/{model}/?organization=acme"' in page
    assert f'href="{TOKENS}?organization=acme&amp;status=revoked"' in page
    assert "created the token ci" in words


def test_the_counts_of_tokens_end(
    auditor: Client, deploy: ServiceAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokens.admin.organizations.LOOKED_AT", 3)
    for number in range(5):
        make_token(deploy, f"token-{number}")
    words = words_on(auditor.get(f"{ORGANIZATIONS}{deploy.organization_id}"))
    assert "Tokens, the newest 3" in words
    assert "Active 3 " in words


def test_what_is_of_a_deleted_organization_is_still_found_from_its_page(
    auditor: Client, owner: Membership, outsider: Membership, deploy: ServiceAccount
) -> None:
    gone = owner.organization
    make_token(deploy, "lost")
    Organization.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    heir = Organization.objects.create(slug="acme", name="New Acme")
    answer = auditor.get(f"{ORGANIZATIONS}{gone.pk}")
    assert "Deleted" in words_on(answer)
    assert f"{TOKENS}?organization={gone.pk}" in answer.content.decode()
    assert listed(auditor, TOKENS, organization=str(gone.pk)) == ["lost"]
    assert listed(auditor, TOKENS, organization="acme") == [], "its slug is another's now"
    Organization.objects.filter(pk=heir.pk).update(slug="other")
    assert listed(auditor, TOKENS, organization="acme") == ["lost"]


def test_its_history_is_all_of_its_log(
    auditor: Client, owner: Membership, outsider: Membership, ci: IssuedToken
) -> None:
    words = words_on(auditor.get(f"{ORGANIZATIONS}{owner.organization_id}/history"))
    assert "created the token ci" in words
    words = words_on(auditor.get(f"{ORGANIZATIONS}{outsider.organization_id}/history"))
    assert "created the token ci" not in words
