"""Who may open the admin's pages, as long as they may, and what everybody else is told."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import jwt
from accounts.models import Membership, Session, User
from accounts.services.staff import set_staff_role
from accounts.services.throttle import SIGN_IN_BY_ACCOUNT
from accounts.staff import StaffRole
from tests.admin.revoking import REASON, filled_in, is_revoked, revoking
from tests.admin.staff import SIGN_IN, browser_of
from tests.conftest import PASSWORD
from tests.console.pages import words_on
from tests.second_factors.factors import enrol_app, enrol_passkey, enrol_recovery_codes
from tokens.services.issue import IssuedToken

HOME, TOKENS = "/admin/", "/admin/tokens/token/"


def test_who_has_not_signed_in_signs_in_first_and_comes_back(
    client: Client, sam: User, ci: IssuedToken
) -> None:
    page = f"{TOKENS}{ci.token.pk}"
    answer = client.get(page)
    assert answer.status_code == 302
    way = answer.headers["Location"]
    assert way == f"/console/-/sign-in?next={page.replace('/', '%2F')}"
    typed = {"email": sam.email or "", "password": PASSWORD, "next": page}
    signed_in = client.post(way, typed)
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, page)
    assert client.get(page).status_code == 200


def test_the_address_without_its_slash_leads_in(browser: Client) -> None:
    answer = browser.get("/admin")
    assert (answer.status_code, answer.headers["Location"]) == (302, HOME)


def test_a_member_is_refused_with_a_page_that_tells_nothing(
    owner: Membership, ci: IssuedToken
) -> None:
    answer = browser_of(owner.user).get(f"{TOKENS}{ci.token.pk}")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "for the support staff" in words_on(answer)
    assert ci.token.prefix not in answer.content.decode()


def test_one_of_the_staff_without_a_role_is_refused(browser: Client, sam: User) -> None:
    sam.groups.clear()
    assert browser.get(HOME).status_code == 403


def test_a_group_alone_makes_nobody_one_of_the_staff(browser: Client, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_staff=False)
    assert browser.get(HOME).status_code == 403


def test_who_is_deactivated_is_out_at_once(browser: Client, sam: User, ci: IssuedToken) -> None:
    assert browser.get(HOME).status_code == 200
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert browser.get(HOME).status_code == 302
    assert browser.post(revoking(ci), {"reason": REASON}).status_code == 401
    assert not is_revoked(ci)


def test_a_role_that_was_taken_away_opens_nothing_from_then_on(
    browser: Client, sam: User, ci: IssuedToken
) -> None:
    set_staff_role(sam, None)
    assert browser.get(HOME).status_code == 302, "the session has ended"
    assert browser_of(sam).get(HOME).status_code == 403


def test_a_lesser_role_counts_at_once(browser: Client, sam: User, ci: IssuedToken) -> None:
    page = browser.get(revoking(ci))
    assert page.status_code == 200
    set_staff_role(sam, StaffRole.AUDITOR)
    assert browser.post(revoking(ci), filled_in(page)).status_code == 403
    assert not is_revoked(ci)
    assert browser.get(HOME).status_code == 200


def test_an_ended_session_keeps_what_was_typed_for_the_next(
    browser: Client, sam: User, ci: IssuedToken
) -> None:
    typed = filled_in(browser.get(revoking(ci)))
    Session.objects.all().delete()
    ended = browser.post(revoking(ci), typed)
    assert ended.status_code == 401
    draft = filled_in(ended)["draft"]
    again = browser_of(sam)
    answer = again.post("/console/-/go-on", {"draft": draft}, follow=True)
    assert REASON in answer.content.decode()
    assert not is_revoked(ci), "it is filled in, and nothing is sent"


def test_signing_out_closes_the_admin(browser: Client) -> None:
    browser.post("/console/-/sign-out")
    assert browser.get(HOME).status_code == 302


@pytest.mark.parametrize("enrol", [enrol_app, enrol_passkey])
def test_a_second_factor_is_demanded_where_the_setting_says_so(
    browser: Client, sam: User, ci: IssuedToken, settings: Settings, enrol: Any
) -> None:
    settings.WARDKEY_STAFF_MFA = True
    answer = browser.get(f"{TOKENS}{ci.token.pk}")
    assert answer.status_code == 403
    assert "A second factor is needed" in words_on(answer)
    assert 'href="/console/-/second-factors"' in answer.content.decode()
    assert ci.token.prefix not in answer.content.decode()
    assert browser.post(revoking(ci), {"reason": REASON}).status_code == 403
    assert not is_revoked(ci)
    enrol(sam)
    assert browser.get(f"{TOKENS}{ci.token.pk}").status_code == 200


def test_recovery_codes_alone_are_no_second_factor(
    browser: Client, sam: User, settings: Settings
) -> None:
    settings.WARDKEY_STAFF_MFA = True
    enrol_recovery_codes(sam)
    assert browser.get(HOME).status_code == 403


def test_who_has_a_second_factor_signs_in_with_it(sam: User) -> None:
    enrol_app(sam)
    browser = Client()
    typed = {"email": sam.email or "", "password": PASSWORD}
    answer = browser.post(SIGN_IN, typed)
    assert "second-factor" in answer.headers["Location"]
    assert browser.get(HOME).status_code == 302, "the password alone opens nothing"


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_what_opens_the_api_does_not_open_the_admin(
    sam: User, owner: Membership, ci: IssuedToken, settings: Settings, header: str
) -> None:
    settings.WARDKEY_API_KEY_HEADER = True
    set_staff_role(owner.user, StaffRole.LEAD)
    for credential in (str(ci.secret), jwt.mint(owner)):
        value = f"Bearer {credential}" if header == "Authorization" else credential
        assert Client().get(HOME, headers={header: value}).status_code == 302
        refused = Client().post(revoking(ci), {"reason": REASON}, headers={header: value})
        assert refused.status_code == 401
    assert not is_revoked(ci)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused(browser: Client, ci: IssuedToken, method: str) -> None:
    for page in (HOME, TOKENS, f"{TOKENS}{ci.token.pk}", revoking(ci)):
        answer = getattr(browser, method)(page)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_head_is_answered_without_a_body(browser: Client) -> None:
    answer = browser.head(TOKENS)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_form_without_its_csrf_token_is_refused(sam: User, ci: IssuedToken) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser_of(sam).cookies
    page = strict.get(revoking(ci))
    typed = filled_in(page)
    bare = {name: value for name, value in typed.items() if name != "csrfmiddlewaretoken"}
    refused = strict.post(revoking(ci), bare)
    assert refused.status_code == 403
    assert refused.headers["Content-Type"].startswith("text/html")
    assert not is_revoked(ci)
    assert strict.post(revoking(ci), typed).status_code == 303
    assert is_revoked(ci)


def test_no_answer_is_stored_framed_or_run(
    browser: Client, client: Client, ci: IssuedToken
) -> None:
    for answer in (
        browser.get(HOME),
        browser.get(f"{TOKENS}{ci.token.pk}"),
        browser.get(f"{TOKENS}export.csv"),
        browser.get("/admin/nothing"),
        client.get(HOME),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"].startswith("no-store")
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_guessing_at_the_staff_is_limited_as_at_everybody(sam: User) -> None:
    attacker = Client()
    typed = {"email": sam.email or "", "password": "another one altogether", "next": HOME}
    for _ in range(SIGN_IN_BY_ACCOUNT.tries):
        assert attacker.post(SIGN_IN, typed).status_code == 422
    answer = Client().post(SIGN_IN, {**typed, "password": PASSWORD})
    assert answer.status_code == 429


def test_the_admin_speaks_english_and_the_readers_time(browser: Client, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(language="de", time_zone="Asia/Tokyo")
    answer = browser.get("/admin/accounts/user/", headers={"Accept-Language": "de"})
    assert answer.headers["Content-Language"] == "en"
    page = browser.get(f"/admin/accounts/user/{sam.pk}")
    assert "JST" in page.content.decode()


@pytest.mark.parametrize("address", ["/admin/nothing", "/admin/tokens/token/x", "/admin/tokens/"])
def test_errors_below_the_admin_are_pages(browser: Client, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 404
    assert "There is nothing here" in words_on(answer)
    assert answer.headers["X-Request-Id"] in answer.content.decode()
