"""A run over time: broken off and gone on with, by whom, and at two places at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, BulkItem, BulkRun, Membership, ServiceAccount
from accounts.services import bulk_runs
from accounts.staff import StaffRole
from tests.admin.bulk import REASON, begin, choose, crowd, done, left, lines
from tests.admin.staff import browser_of, make_staff
from tests.conftest import make_organization
from tests.console.pages import words_on
from tests.database.rows import account, revoked


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do three things in one transaction."""
    monkeypatch.setattr(bulk_runs, "BATCH", 3)


def test_nothing_is_done_before_the_page_is_read(support: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 5)
    parts = begin(support, choose(support, "revoke"))
    assert (left(), lines()) == (5, 0)
    assert b"Revoke 5 tokens" in next(parts)
    assert (left(), lines()) == (5, 0)
    assert b"3 of 5" in next(parts)
    assert (left(), lines()) == (2, 3)


def test_a_run_that_was_broken_off_goes_on_where_it_was(
    support: Client, deploy: ServiceAccount
) -> None:
    crowd(deploy, 8)
    page = choose(support, "revoke")
    parts = begin(support, page)
    assert b"3 of 8" in [next(parts), next(parts)][1]
    parts.close()
    assert (left(), lines()) == (5, 3)
    shown = support.get(page)
    assert "Not finished: 5 left" in words_on(shown)
    assert "Go on" in words_on(shown)
    rest = done(begin(support, page, reason="another"))
    assert "6 of 8" in rest
    assert "8 of 8" in rest
    assert (left(), lines()) == (0, 8)
    said = {
        line.changes["reason"]["after"]
        for line in AuditEvent.objects.filter(action="token.revoked")
    }
    assert said == {REASON}, "the reason is the one that it began with"


def test_a_run_that_is_done_is_not_done_again(support: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 4)
    page = choose(support, "revoke")
    done(begin(support, page))
    again = support.post(page, {"reason": REASON})
    assert (again.status_code, again["Location"]) == (303, page)
    shown = words_on(support.get(page))
    assert "Done" in shown
    assert "Go on" not in shown
    assert lines() == 4


def test_two_tabs_take_turns(support: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 9)
    page = choose(support, "revoke")
    one, two = begin(support, page), begin(support, page)
    next(one), next(two)
    assert b"3 of 9" in next(one)
    assert b"6 of 9" in next(two)
    assert b"9 of 9" in next(one)
    assert "9 of 9" in done(two)
    done(one)
    assert (left(), lines()) == (0, 9)


def test_a_reason_is_needed(support: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 1)
    page = choose(support, "revoke")
    for reason in ("", "   ", "x" * 501, "a\0b", "a\u202eb"):
        answer = support.post(page, {"reason": reason})
        assert answer.status_code == 422
        assert 'class="error"' in answer.content.decode()
    assert BulkRun.objects.get().begun_at is None
    assert (left(), lines()) == (1, 0)


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"expires": "date"},
        {"expires": "date", "expires_on": "never"},
        {"expires": "date", "expires_on": "2001-01-01"},
        {"expires": "tomorrow"},
    ],
    ids=["none", "no-day", "no-date", "past", "unknown"],
)
def test_an_end_that_is_none_changes_nothing(
    lead: Client, deploy: ServiceAccount, typed: dict[str, str]
) -> None:
    crowd(deploy, 1, expires_at=timezone.now() + timedelta(days=3))
    page = choose(lead, "change expiry")
    answer = lead.post(page, {"reason": REASON, **typed})
    assert answer.status_code == 422
    assert 'id="expires-error"' in answer.content.decode()
    assert BulkRun.objects.get().begun_at is None
    assert not AuditEvent.objects.filter(action="token.changed").exists()


def test_an_end_beyond_what_the_installation_allows_is_refused_before_it_begins(
    lead: Client, deploy: ServiceAccount, settings: Any
) -> None:
    settings.WARDKEY_MAX_TOKEN_LIFETIME = timedelta(days=30)
    crowd(deploy, 1)
    page = choose(lead, "change expiry")
    assert lead.post(page, {"reason": REASON, "expires": "never"}).status_code == 422
    assert "Changed" in done(begin(lead, page, expires="7"))


def test_a_run_is_found_in_its_list(
    support: Client, auditor: Client, deploy: ServiceAccount
) -> None:
    crowd(deploy, 2)
    done(begin(support, choose(support, "revoke")))
    shown = words_on(auditor.get("/admin/accounts/bulkrun/"))
    assert "Sam the support" in shown
    assert auditor.get("/admin/accounts/bulkrun/no-id").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_two_at_once_do_each_thing_once() -> None:
    robot = account(make_organization("acme").organization, "robot")
    robot.save(force_insert=True)
    crowd(robot, 60)
    browser = browser_of(make_staff(StaffRole.SUPPORT))
    page = choose(browser, "revoke")
    start = threading.Barrier(2)

    def one(_: int) -> str:
        try:
            parts = begin(browser, page)
            start.wait(timeout=30)
            return done(parts)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        pages = list(threads.map(one, range(2)))
    assert all("60 of 60" in each for each in pages)
    assert (left(), lines()) == (0, 60)
    assert not BulkItem.objects.exclude(outcome="done").exists()


def test_each_thing_of_a_run_is_listed(
    auditor: Client, lead: Client, deploy: ServiceAccount
) -> None:
    crowd(deploy, 1, **revoked())
    done(begin(lead, choose(lead, "change expiry"), expires="7"))
    shown = words_on(auditor.get("/admin/accounts/bulkitem/"))
    assert "refused" in shown
    assert "is revoked." in shown


def test_a_thing_costs_a_few_statements(support: Client, deploy: ServiceAccount) -> None:
    def statements(many: int) -> int:
        crowd(deploy, many)
        parts = begin(support, choose(support, "revoke", query="?status=active"))
        next(parts)
        with CaptureQueriesContext(connection) as asked:
            done(parts)
        return len(asked)

    few, many = statements(3), statements(33)
    assert many - few <= 30 * 4 + 10 * 15, "each thing, and each batch of three"


def test_the_database_refuses_a_run_that_begins_without_a_reason(owner: Membership) -> None:
    now = timezone.now()
    run = BulkRun(user=owner.user, act="revoke", things=0, created_at=now, begun_at=now)
    with pytest.raises(DatabaseError, match="bulk_run_begun_with_a_reason"):
        run.save(force_insert=True)
