"""How long a proof of who it is counts: an hour for pages, a quarter of one for what changes."""

from datetime import timedelta

from django.test import Client

from accounts.services.throttle import SIGN_IN_BY_ACCOUNT
from tests.admin.revoking import REASON, filled_in, is_revoked, revoking
from tests.admin.staff import CONFIRM, let_pass
from tests.conftest import PASSWORD
from tokens.services.issue import IssuedToken

HOME, TOKENS = "/admin/", "/admin/tokens/token/"


def test_an_hour_after_the_password_it_is_asked_for_again(browser: Client, ci: IssuedToken) -> None:
    let_pass(browser, timedelta(minutes=59))
    assert browser.get(TOKENS).status_code == 200
    let_pass(browser, timedelta(minutes=1))
    answer = browser.get(f"{TOKENS}?q=ci")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{CONFIRM}?next=%2Fadmin%2Ftokens%2Ftoken%2F%3Fq%3Dci"
    wrong = browser.post(CONFIRM, {"password": "no", "next": TOKENS})
    assert wrong.status_code == 422
    assert browser.get(TOKENS).status_code == 303
    right = browser.post(CONFIRM, {"password": PASSWORD, "next": TOKENS})
    assert (right.status_code, right.headers["Location"]) == (303, TOKENS)
    assert browser.get(TOKENS).status_code == 200


def test_a_quarter_of_an_hour_after_it_acts_ask_for_it_and_pages_do_not(
    browser: Client, ci: IssuedToken
) -> None:
    let_pass(browser, timedelta(minutes=14))
    page = browser.get(revoking(ci))
    assert page.status_code == 200
    let_pass(browser, timedelta(minutes=1))
    assert browser.get(TOKENS).status_code == 200
    asked = browser.get(revoking(ci))
    assert asked.status_code == 303
    assert asked.headers["Location"].startswith(CONFIRM)
    assert browser.post(revoking(ci), filled_in(page)).status_code == 303
    assert not is_revoked(ci)


def test_what_was_typed_is_there_again_after_the_password(browser: Client, ci: IssuedToken) -> None:
    typed = filled_in(browser.get(revoking(ci)))
    let_pass(browser, timedelta(minutes=15))
    asked = browser.post(revoking(ci), typed)
    assert asked.headers["Location"] == f"{CONFIRM}?next={revoking(ci).replace('/', '%2F')}"
    back = browser.post(CONFIRM, {"password": PASSWORD, "next": revoking(ci)}, follow=True)
    assert REASON in back.content.decode()
    assert not is_revoked(ci), "nothing is sent by itself"
    assert browser.post(revoking(ci), filled_in(back)).status_code == 303
    assert is_revoked(ci)


def test_the_role_is_asked_before_the_password(auditor: Client, ci: IssuedToken) -> None:
    let_pass(auditor, timedelta(minutes=15))
    assert auditor.get(revoking(ci)).status_code == 403


def test_guessing_at_the_question_for_the_password_is_limited_too(browser: Client) -> None:
    let_pass(browser, timedelta(hours=1))
    typed = {"password": "another one altogether", "next": HOME}
    codes = {browser.post(CONFIRM, typed).status_code for _ in range(SIGN_IN_BY_ACCOUNT.tries + 1)}
    assert codes == {422, 429}
    assert browser.post(CONFIRM, {"password": PASSWORD, "next": HOME}).status_code == 429
