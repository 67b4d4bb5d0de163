"""Single acts on tokens and service accounts: what each says, does, and leaves in the log."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, ServiceAccount
from accounts.services.service_accounts import delete_service_account, disable_service_account
from tests.admin.acts import REASON, do, told, validated, whoami
from tests.clients import RestClient
from tests.console.pages import browser_of, words_on
from tests.organizations.rows import all_rows
from tokens.models import Token, TokenUsage
from tokens.services.issue import IssuedToken

ROLES = {"support": {"revoke", "disable"}, "auditor": set[str]()}


@pytest.fixture
def token_page(ci: IssuedToken) -> str:
    """The page of the token ``ci``."""
    return f"/admin/tokens/token/{ci.token.pk}"


@pytest.fixture
def account_page(deploy: ServiceAccount) -> str:
    """The page of the account ``deploy``."""
    return f"/admin/accounts/serviceaccount/{deploy.pk}"


def buttons(browser: Client, page: str) -> set[str]:
    """Return the acts that a thing's page offers."""
    text = browser.get(page).content.decode()
    known = ("revoke", "expiry", "disable", "enable")
    return {name for name in known if f'href="{page}/{name}"' in text}


def test_support_revokes_a_token_which_is_refused_at_once(
    support: Client, token_page: str, ci: IssuedToken
) -> None:
    assert (whoami(ci.secret), validated(ci.secret)) == (200, 200)
    page = do(support, f"{token_page}/revoke")
    assert (whoami(ci.secret), validated(ci.secret)) == (401, 401)
    assert page.request["PATH_INFO"] == token_page
    assert "ci is revoked: nothing accepts it any more." in words_on(page)
    assert buttons(support, token_page) == set()


def test_a_revoke_stands_in_the_log_with_its_reason(
    support: Client, token_page: str, ci: IssuedToken
) -> None:
    answer = support.post(
        f"{token_page}/revoke", {"reason": REASON}, headers={"X-Request-Id": "ticket-4711"}
    )
    assert answer.status_code == 303
    event = told("token.revoked")
    assert event.actor_name == "Sam the support"
    assert event.request_id == "ticket-4711"
    assert (event.target_id, event.organization_id) == (ci.token.pk, ci.token.organization_id)
    assert event.changes["revoked_at"]["before"] is None
    assert event.changes["revoked_at"]["after"] is not None
    assert Token.objects.get(pk=ci.token.pk).revoked_by_name == "Sam the support"


def test_the_organizations_owner_reads_what_staff_did(
    support: Client, token_page: str, owner: Membership, rest: RestClient
) -> None:
    do(support, f"{token_page}/revoke")
    [line] = rest.get("/audit-events?action=token.revoked").json()["items"]
    assert line["actor"]["type"] == "staff"
    assert line["changes"]["reason"]["after"] == REASON
    page = words_on(browser_of(owner).get("/console/acme/audit-log", {"action": "token.revoked"}))
    assert "Sam the support" in page
    assert REASON in page
    assert REASON in words_on(support.get(f"{token_page}/history"))


def test_pressing_twice_is_no_error(support: Client, token_page: str) -> None:
    do(support, f"{token_page}/revoke")
    assert "ci is revoked already." in words_on(do(support, f"{token_page}/revoke"))
    assert "ci is revoked already." in words_on(support.get(f"{token_page}/revoke"))
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_the_page_says_what_a_revoke_touches(
    support: Client, token_page: str, ci: IssuedToken
) -> None:
    unused = words_on(support.get(f"{token_page}/revoke"))
    assert "In use" not in unused
    TokenUsage.objects.create(token=ci.token, last_used_at=timezone.now() - timedelta(days=6))
    page = words_on(support.get(f"{token_page}/revoke"))
    for words in ("Revoke ci?", "acme", "Deploy", ci.token.prefix, "write:releases", "6 days ago"):
        assert words in page
    assert "In use: last request 6 days ago" in page
    TokenUsage.objects.update(last_used_at=timezone.now() - timedelta(days=8))
    assert "In use" not in words_on(support.get(f"{token_page}/revoke"))


def test_showing_an_act_does_nothing(lead: Client, token_page: str, account_page: str) -> None:
    before = [row for row in all_rows() if row[0].startswith(("tokens.Token", "accounts.Serv"))]
    for address in (f"{token_page}/revoke", f"{token_page}/expiry", f"{account_page}/disable"):
        assert lead.get(address).status_code == 200
        assert lead.head(address).status_code == 200
    after = [row for row in all_rows() if row[0].startswith(("tokens.Token", "accounts.Serv"))]
    assert after == before


def test_a_lead_gives_a_token_a_last_day(lead: Client, token_page: str, ci: IssuedToken) -> None:
    page = do(lead, f"{token_page}/expiry", expires="date", expires_on="2999-01-31")
    assert "ci expires in" in words_on(page)
    end = datetime(2999, 2, 1, tzinfo=UTC)
    assert Token.objects.get(pk=ci.token.pk).expires_at == end
    change = told("token.changed").changes["expires_at"]
    assert change == {"before": None, "after": "2999-02-01T00:00:00Z"}
    assert "ci never expires now." in words_on(do(lead, f"{token_page}/expiry", expires="never"))
    assert Token.objects.get(pk=ci.token.pk).expires_at is None


@pytest.mark.parametrize(
    ("typed", "refused"),
    [
        ({"expires": "date", "expires_on": "2020-01-31"}, "Must be in the future"),
        ({"expires": "date", "expires_on": "tomorrow"}, "Choose the last day"),
        ({"expires": "date"}, "Choose the last day"),
        ({}, "Choose the last day"),
    ],
)
def test_an_end_that_cannot_be_is_refused_beside_its_field(
    typed: dict[str, str], refused: str, lead: Client, token_page: str, ci: IssuedToken
) -> None:
    answer = lead.post(f"{token_page}/expiry", {"reason": REASON, **typed})
    assert answer.status_code == 422
    assert refused in words_on(answer)
    assert REASON in words_on(answer)
    assert Token.objects.get(pk=ci.token.pk).expires_at is None


def test_a_token_that_has_ended_gets_no_other_end(
    lead: Client, token_page: str, ci: IssuedToken
) -> None:
    Token.objects.filter(pk=ci.token.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    assert buttons(lead, token_page) == {"revoke"}
    page = do(lead, f"{token_page}/expiry", expires="never")
    assert "ci is expired already." in words_on(page)
    assert not AuditEvent.objects.filter(action="token.changed").exists()


def test_an_account_is_disabled_by_support_and_enabled_by_a_lead(
    support: Client, lead: Client, account_page: str, ci: IssuedToken
) -> None:
    assert "Active tokens 1" in words_on(support.get(f"{account_page}/disable"))
    assert "Deploy is disabled." in words_on(do(support, f"{account_page}/disable"))
    assert (whoami(ci.secret), validated(ci.secret)) == (401, 401)
    off = told("service_account.disabled").changes["disabled_at"]
    assert (off["before"], bool(off["after"])) == (None, True)
    assert buttons(support, account_page) == set()
    assert buttons(lead, account_page) == {"enable"}
    assert "Deploy is enabled." in words_on(do(lead, f"{account_page}/enable"))
    assert (whoami(ci.secret), validated(ci.secret)) == (200, 200)
    on = told("service_account.enabled").changes["disabled_at"]
    assert on == {"before": off["after"], "after": None}


def test_switching_twice_is_no_error(lead: Client, account_page: str) -> None:
    assert "enabled already" in words_on(do(lead, f"{account_page}/enable"))
    do(lead, f"{account_page}/disable")
    assert "disabled already" in words_on(do(lead, f"{account_page}/disable"))
    assert AuditEvent.objects.filter(action__startswith="service_account.dis").count() == 1


def test_what_is_deleted_is_told_of_as_that(
    lead: Client, account_page: str, token_page: str, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    delete_service_account(Actor.system(deploy.organization_id), deploy)
    for address in (f"{account_page}/disable", f"{account_page}/enable", f"{token_page}/revoke"):
        assert "is deleted" in words_on(lead.get(address))
        assert "is deleted" in words_on(do(lead, address))
    assert buttons(lead, account_page) == buttons(lead, token_page) == set()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_offered_its_acts_alone(
    role: str, request: pytest.FixtureRequest, token_page: str, account_page: str
) -> None:
    browser = request.getfixturevalue(role)
    offered = buttons(browser, token_page) | buttons(browser, account_page)
    assert offered == ROLES[role]


@pytest.mark.parametrize(
    ("reason", "refused"),
    [
        ("", "Must be at least 1 character"),
        (" \r\n ", "Must be at least 1 character"),
        ("x" * 501, "Must be at most 500 characters"),
        ("a\0b", "Null characters are not allowed."),
        ("a\x07b", "Must not hold control or bidirectional characters"),
        ("a\u202eb", "Must not hold control or bidirectional characters"),
    ],
)
def test_a_bad_reason_is_refused_beside_its_field(
    reason: str, refused: str, support: Client, token_page: str, ci: IssuedToken
) -> None:
    answer = support.post(f"{token_page}/revoke", {"reason": reason})
    assert answer.status_code == 422
    assert refused in words_on(answer)
    assert whoami(ci.secret) == 200


@pytest.mark.parametrize("reason", ["x" * 500, "Two\r\nlines", "Für Ada — 4711"])
def test_a_good_reason_is_kept_as_it_was_typed(
    reason: str, support: Client, token_page: str, ci: IssuedToken
) -> None:
    assert support.post(f"{token_page}/revoke", {"reason": reason}).status_code == 303
    line = AuditEvent.objects.get(action="token.revoked")
    assert line.changes["reason"]["after"] == reason.replace("\r\n", "\n")


def test_a_role_that_is_taken_away_meanwhile_does_nothing(
    support: Client, token_page: str, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role counts when the row is held, not when the page was opened."""
    asked: list[Any] = []

    def may(*told: Any) -> bool:
        asked.append(told)
        return len(asked) == 1

    monkeypatch.setattr("accounts.services.staff.may", may)
    assert support.post(f"{token_page}/revoke", {"reason": REASON}).status_code == 401
    assert len(asked) == 2
    assert whoami(ci.secret) == 200


def test_an_account_of_another_kind_of_address_is_not_there(support: Client, acme: Any) -> None:
    for odd in ("none", "00000000-0000-0000-0000-000000000000"):
        answer = support.post(f"/admin/tokens/token/{odd}/revoke", {"reason": REASON})
        assert answer.status_code == 404


def test_an_account_that_is_disabled_meanwhile_stays_so(
    support: Client, account_page: str, deploy: ServiceAccount
) -> None:
    disable_service_account(Actor.system(deploy.organization_id), deploy)
    assert "disabled already" in words_on(do(support, f"{account_page}/disable"))
    assert not AuditEvent.objects.filter(actor_type="staff").exists()
