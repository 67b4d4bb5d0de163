"""Who is this token? Staff paste a secret, and learn whose it is or which check it fails."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, Organization, ServiceAccount, Session
from accounts.services.organizations import delete_organization
from accounts.services.service_accounts import disable_service_account
from accounts.services.throttle import Limit
from accounts.staff import StaffRole
from accounts.web import drafts
from tests.admin.look_ups import ADDRESS, FOUND, mistyped
from tests.admin.staff import browser_of as staff_browser
from tests.admin.staff import make_staff
from tests.clients import RestClient
from tests.console.pages import browser_of, words_on
from tests.verify.keys import K1, K2, K3
from tokens.models import TokenUsage
from tokens.secret import check_characters
from tokens.services import look_up
from tokens.services.issue import IssuedToken
from tokens.services.revoke import revoke_token

NOBODYS = "wdk_" + "0" * 32 + check_characters("wdk_" + "0" * 32)


def looked_up(browser: Client, text: object) -> str:
    """Return the words of the page that tells of ``text``."""
    answer = browser.post(ADDRESS, {"secret": str(text)})
    assert answer.status_code == 200
    return words_on(answer)


def lines() -> list[AuditEvent]:
    """Return what the log has of look-ups."""
    return list(AuditEvent.objects.for_staff().filter(action="token.looked_up"))


def test_a_secret_leads_to_its_token_and_all_around_it(support: Client, ci: IssuedToken) -> None:
    answer = support.post(ADDRESS, {"secret": str(ci.secret)})
    told, page = words_on(answer), answer.content.decode()
    assert FOUND in told
    for thing in (
        f"tokens/token/{ci.token.pk}",
        f"accounts/organization/{ci.token.organization_id}",
        f"accounts/serviceaccount/{ci.token.service_account_id}",
    ):
        assert f'href="/admin/{thing}"' in page
    for words in ("Status Active", "write:releases", "Last used —", "Expires Never"):
        assert words in told


AROUND = (
    "Bearer {}",
    "WARDKEY_TOKEN={}\n",
    '"{}"',
    "  {}\r\n",
    "curl -H 'A: {}' /x",
    "It is {}.",
    "{0} {0}",
)


@pytest.mark.parametrize("around", AROUND)
def test_what_came_with_the_secret_may_stay(support: Client, ci: IssuedToken, around: str) -> None:
    assert FOUND in looked_up(support, around.format(ci.secret))


def test_a_prefix_and_mistyped_ones_beside_it_do_not_matter(
    support: Client, ci: IssuedToken
) -> None:
    text = f"{ci.token.prefix} is the start of {ci.secret}, not {mistyped(ci.secret)}"
    assert FOUND in looked_up(support, text)


def test_each_check_that_fails_has_its_words(support: Client, ci: IssuedToken) -> None:
    text = str(ci.secret)
    for said, typed in (
        ("This is not one of our tokens.", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
        ("This is not one of our tokens.", ""),
        ("This is not one of our tokens.", "x" + text),
        ("A part of it is missing, or there is too much.", text[:-1]),
        ("A part of it is missing, or there is too much.", text + "x"),
        ("Its check characters are wrong.", mistyped(ci.secret)),
        ("No token of this installation has it.", NOBODYS),
        ("These are several secrets.", f"{text}\n{NOBODYS}"),
        ("This is a JWT, no API token.", "Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"),
        ("This is a refresh token, no API token.", "wdr_" + "0" * 75),
        ("This is an invitation, no API token.", "https://x/console/-/join#wdi_" + "0" * 54),
    ):
        told = looked_up(support, typed)
        assert said in told
        assert FOUND not in told
    assert lines() == []


def test_a_text_that_no_database_takes_is_no_error(support: Client) -> None:
    assert support.post(ADDRESS, {"secret": "wdk_\0"}).status_code == 422
    assert support.post(ADDRESS, {}).status_code == 200


def test_a_text_that_is_too_large_is_refused_and_not_judged(
    support: Client, ci: IssuedToken
) -> None:
    fits = support.post(ADDRESS, {"secret": f"{'x' * 60_000} {ci.secret}"})
    assert FOUND in words_on(fits)
    answer = support.post(ADDRESS, {"secret": f"{'x' * 66_000} {ci.secret}"})
    assert answer.status_code == 413
    assert "The body is larger than 64 KiB." in words_on(answer)


def test_the_form_says_what_ours_look_like(support: Client, settings: Any) -> None:
    assert "Ours begin with wdk_ , and 38 letters" in words_on(support.get(ADDRESS))
    settings.WARDKEY_TOKEN_PREFIXES = ["new", "wdk"]
    assert "new_ or wdk_" in words_on(support.get(ADDRESS))


def test_a_secret_under_any_key_that_is_loaded_is_known(ci: IssuedToken, settings: Any) -> None:
    person = make_staff(StaffRole.SUPPORT)
    settings.WARDKEY_SECRET_KEYS = (K3, K2)
    assert FOUND in looked_up(staff_browser(person), ci.secret)
    settings.WARDKEY_SECRET_KEYS = (K3, K1)
    told = looked_up(staff_browser(person), ci.secret)
    assert "No token of this installation has it." in told


def test_what_revoking_would_touch_is_told(support: Client, ci: IssuedToken) -> None:
    now = timezone.now()
    refused = now - timedelta(days=3)
    TokenUsage.objects.create(token=ci.token, last_used_at=now, last_refused_at=refused)
    told = looked_up(support, ci.secret)
    assert "In use: last request just now ." in told
    assert "Last refused 3 days ago" in told
    TokenUsage.objects.update(last_used_at=now - timedelta(days=8))
    assert "In use" not in looked_up(support, ci.secret)


def test_a_token_that_is_good_for_nothing_is_found_too(
    support: Client, acme: Organization, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    system = Actor.system(acme.id)
    disable_service_account(system, deploy)
    assert "Status Disabled" in looked_up(support, ci.secret)
    revoke_token(system, ci.token)
    told = looked_up(support, ci.secret)
    assert "Status Revoked" in told
    assert "Revoked by system" in told
    assert "Revoke it" not in told
    delete_organization(system, acme)
    assert FOUND in looked_up(support, ci.secret)


def test_one_click_revokes_it_with_a_reason(
    support: Client, ci: IssuedToken, anyone: RestClient
) -> None:
    page = support.post(ADDRESS, {"secret": str(ci.secret)}).content.decode()
    forms = dict(re.findall(r'<form[^>]* action="([^"]+)">(.*?)</form>', page, re.DOTALL))
    where = f"/admin/tokens/token/{ci.token.pk}/revoke"
    assert 'name="reason"' in forms[where]
    assert 'name="secret"' not in forms[where]
    who = anyone.acting_as(str(ci.secret))
    assert who.get("/whoami").status_code == 200
    answer = support.post(where, {"reason": "It stood in a public repository."})
    assert answer.status_code == 303
    assert who.get("/whoami").status_code == 401


def test_a_look_up_stands_in_the_log_of_the_tokens_organization(
    support: Client, owner: Membership, rest: RestClient, ci: IssuedToken
) -> None:
    looked_up(support, ci.secret)
    [line] = lines()
    assert (line.organization_id, line.target_id) == (owner.organization_id, ci.token.pk)
    assert (line.actor_name, line.actor_type) == ("Sam the support", "staff")
    assert line.changes == {"reason": {"before": None, "after": "Found by its secret"}}
    assert line.request_id
    [told] = rest.get("/audit-events?action=token.looked_up").json()["items"]
    assert told["actor"]["type"] == "staff"
    told_there = words_on(browser_of(owner).get("/console/acme/audit-log"))
    assert "looked up whose the secret of ci is" in told_there
    history = support.get(f"/admin/tokens/token/{ci.token.pk}/history")
    assert "looked up whose the secret of ci is" in words_on(history)


def test_who_may_look_up_is_led_there(lead: Client, auditor: Client, ci: IssuedToken) -> None:
    assert FOUND in looked_up(lead, ci.secret)
    assert ADDRESS in lead.get("/admin/").content.decode()
    assert ADDRESS not in auditor.get("/admin/").content.decode()


def test_nobody_tries_out_many(
    support: Client, lead: Client, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (look_up.LOOK_UPS.tries, look_up.LOOK_UPS.window) == (100, timedelta(hours=1))
    few = Limit("secrets looked up", 2, timedelta(hours=1))
    monkeypatch.setattr(look_up, "LOOK_UPS", few)
    looked_up(support, NOBODYS)
    looked_up(support, NOBODYS)
    answer = support.post(ADDRESS, {"secret": str(ci.secret)})
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert lines() == []
    assert FOUND in looked_up(lead, ci.secret)


@pytest.mark.parametrize("way", ["the session ended", "the proof is old"])
def test_no_draft_keeps_a_secret(
    way: str, support: Client, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = support.get(ADDRESS).content.decode()
    owner = re.search(r'name="draft_owner" value="([^"]+)"', page)
    assert owner is not None
    sealed: list[bytes] = []

    def seal(purpose: str, content: bytes) -> str:
        sealed.append(content)
        return "x"

    monkeypatch.setattr(drafts, "seal", seal)
    if way == "the session ended":
        Session.objects.all().delete()
    else:
        monkeypatch.setattr("accounts.admin.doors.FRESH_PROOF", timedelta(seconds=-1))
    typed = {"secret": mistyped(ci.secret), "draft_owner": owner[1], "beside": "it"}
    answer = support.post(ADDRESS, typed)
    assert answer.status_code in {401, 303}
    [kept] = [content for content in sealed if b"beside" in content]
    assert b"secret" not in kept
    assert mistyped(ci.secret).encode() not in kept
