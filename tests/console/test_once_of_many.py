"""What is good once at the console is good once, however many ask at the same moment."""

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Membership
from tests.console.at_once import MANY, at_once
from tests.console.factors import ASKED, CODES, add_app, codes_on
from tests.console.people import sign_in
from tests.console.test_passwords import RESET, ask, link_in_mail
from tests.leaks import expected
from tests.second_factors.factors import enrol_app, enrol_recovery_codes

pytestmark = [
    pytest.mark.race,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
    pytest.mark.django_db(transaction=True),
]


def test_one_of_many_sets_a_password_by_one_link(owner: Membership) -> None:
    ask(Client(), owner.user.email or "")
    browsers = [Client() for _ in range(MANY)]
    for browser in browsers:
        browser.get(link_in_mail())

    def reset(number: int) -> int:
        new = f"a phrase of browser number {number}"
        return browsers[number].post(RESET, {"new_password": new}).status_code

    assert sorted(at_once(reset)) == [303] + [410] * (MANY - 1)


def test_one_of_many_is_shown_the_recovery_codes(owner: Membership) -> None:
    browser = Client()
    sign_in(browser, owner)
    add_app(browser)

    def look(_: int) -> bool:
        tab = Client()
        tab.cookies = browser.cookies
        return bool(codes_on(tab.get(CODES)))

    with expected():
        assert sum(at_once(look)) == 1


def test_one_of_many_signs_in_by_one_recovery_code(owner: Membership) -> None:
    enrol_app(owner.user)
    code = enrol_recovery_codes(owner.user)[0]
    browsers = [Client() for _ in range(MANY)]
    for browser in browsers:
        sign_in(browser, owner)

    def prove(number: int) -> int:
        return browsers[number].post(ASKED, {"code": code}).status_code

    assert sorted(at_once(prove)) == [303] + [422] * (MANY - 1)
