"""Who may do an act to many things: by role, of whose run, and with how old a sign-in."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import BulkRun, ServiceAccount, User
from accounts.services import bulk_runs
from accounts.services.staff import set_staff_role
from accounts.staff import StaffRole
from tests.admin.bulk import ACCOUNTS, REASON, TOKENS, begin, choose, crowd, done, left, lines
from tests.admin.staff import CONFIRM, let_pass
from tests.conftest import PASSWORD
from tests.console.pages import words_on


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do three things in one transaction."""
    monkeypatch.setattr(bulk_runs, "BATCH", 3)


def test_auditors_see_no_box(auditor: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 1)
    for address in ("tokens/token", "accounts/serviceaccount"):
        assert "checkbox" not in auditor.get(f"/admin/{address}/").content.decode()


def test_support_may_not_change_ends(support: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 1)
    page = words_on(support.get("/admin/tokens/token/"))
    assert "Revoke…" in page
    assert "Change expiry…" not in page
    assert support.post(TOKENS, {"act": "change expiry", "all": "1"}).status_code == 403
    assert not BulkRun.objects.exists()


def test_a_list_offers_its_own_acts_alone(lead: Client, deploy: ServiceAccount) -> None:
    for at, act in ((TOKENS, "disable"), (ACCOUNTS, "revoke"), (TOKENS, "enable"), (TOKENS, "x")):
        assert lead.post(at, {"act": act, "all": "1"}).status_code == 303
    assert lead.get(f"{TOKENS}?organization=acme")["Location"].endswith("/?organization=acme")
    assert not BulkRun.objects.exists()


def test_a_choice_that_waited_for_a_proof_is_made_once_more(
    lead: Client, deploy: ServiceAccount
) -> None:
    crowd(deploy, 1)
    let_pass(lead, timedelta(hours=1))
    way = lead.post(f"{TOKENS}?organization=acme", {"act": "revoke", "all": "1"})["Location"]
    next_at = parse_qs(urlsplit(way).query)["next"][0]
    back = lead.post(CONFIRM, {"password": PASSWORD, "next": next_at}, follow=True)
    assert back.request["QUERY_STRING"] == "organization=acme"
    assert "Nothing was begun" in words_on(back)
    assert not BulkRun.objects.exists()


def test_a_run_can_be_left_before_it_begins(lead: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 1)
    for at, act in ((TOKENS, "revoke"), (ACCOUNTS, "disable")):
        page = lead.get(lead.post(at, {"act": act, "all": "1"})["Location"]).content.decode()
        assert f'href="{at.removesuffix("bulk")}">Cancel' in page


def test_only_who_chose_goes_on_and_others_look(
    support: Client, lead: Client, auditor: Client, deploy: ServiceAccount
) -> None:
    crowd(deploy, 4)
    page = choose(support, "revoke")
    for other in (lead, auditor):
        shown = other.get(page)
        assert shown.status_code == 200
        assert "Only Sam the support" in words_on(shown)
        assert "<textarea" not in shown.content.decode()
        assert other.post(page, {"reason": REASON}).status_code == 403
    assert (left(), lines()) == (4, 0)
    assert page in auditor.get("/admin/accounts/bulkrun/").content.decode()


def test_a_role_that_is_taken_away_meanwhile_stops_it(
    support: Client, deploy: ServiceAccount
) -> None:
    crowd(deploy, 8)
    page = choose(support, "revoke")
    parts = begin(support, page)
    next(parts), next(parts)
    person = User.objects.get(email="support@staff.test")
    set_staff_role(person, StaffRole.AUDITOR)
    rest = done(parts)
    assert "It was stopped." in rest
    assert "Not finished: 5 left" in rest
    assert (left(), lines()) == (5, 3)
    assert support.post(page, {"reason": REASON}).status_code == 403


def test_a_session_that_ends_meanwhile_stops_it(support: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 8)
    parts = begin(support, choose(support, "revoke"))
    next(parts), next(parts)
    support.logout()
    assert "It was stopped." in done(parts)
    assert (left(), lines()) == (5, 3)


def test_an_old_sign_in_is_proved_again_and_nothing_is_lost(
    support: Client, deploy: ServiceAccount
) -> None:
    crowd(deploy, 1)
    page = choose(support, "revoke")
    owner = re.search(r'name="draft_owner" value="([^"]+)"', support.get(page).content.decode())
    assert owner is not None
    let_pass(support, timedelta(minutes=15))
    answer = support.post(page, {"reason": REASON, "draft_owner": owner[1]})
    assert answer.status_code == 303
    assert BulkRun.objects.get().begun_at is None
    assert left() == 1
    back = support.post(answer["Location"], {"password": PASSWORD})
    assert back["Location"] == page
    assert REASON in words_on(support.get(page))
    done(begin(support, page))
    assert left() == 0
