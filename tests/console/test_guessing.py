"""Guessing at the console's door: limited with REST's, and nobody is locked out by others."""

import re

import pytest
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core import mail
from django.test import Client

from accounts.models import Membership
from accounts.services.proof import SIGN_IN_BY_BROWSER
from accounts.services.throttle import SIGN_IN_BY_ACCOUNT, SIGN_IN_BY_ADDRESS
from accounts.web.mail import wait_until_sent
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.console.people import SIGN_IN, sign_in

WRONG = "another one altogether"
NEXT = "quite another phrase of the tests"


def exhaust_account(member: Membership) -> None:
    """Guess at a member's password, from another browser, until no more is heard."""
    attacker = Client()
    for _ in range(SIGN_IN_BY_ACCOUNT.tries):
        assert sign_in(attacker, member, password=WRONG).status_code == 422


def exhaust_address() -> None:
    """Guess at made-up people until no more is heard from this address."""
    attacker = Client()
    for number in range(SIGN_IN_BY_ADDRESS.tries):
        typed = {"email": f"n{number}@acme.test", "password": WRONG}
        assert attacker.post(SIGN_IN, typed).status_code == 422


def test_an_account_is_guessed_at_a_few_times(client: Client, owner: Membership) -> None:
    exhaust_account(owner)
    answer = sign_in(client, owner)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert answer["Content-Type"].startswith("text/html")
    assert "Too many tries" in answer.content.decode()


def test_an_address_guesses_a_few_times(client: Client, owner: Membership) -> None:
    exhaust_address()
    assert sign_in(client, owner).status_code == 429


def test_guesses_at_the_api_count_here(client: Client, owner: Membership) -> None:
    for _ in range(SIGN_IN_BY_ACCOUNT.tries):
        RestClient().post("/auth/token", {"email": owner.user.email, "password": WRONG})
    assert sign_in(client, owner).status_code == 429


def test_no_door_of_djangos_own_hears_a_password(owner: Membership) -> None:
    typed = {"username": owner.user.email, "password": PASSWORD}
    assert not AuthenticationForm(data=typed).is_valid()
    assert not AdminAuthenticationForm(data=typed).is_valid()


def test_guesses_here_count_at_the_api(owner: Membership) -> None:
    exhaust_account(owner)
    body = {"email": owner.user.email, "password": PASSWORD}
    assert RestClient().post("/auth/token", body).status_code == 429


def test_right_ones_count_for_nothing(owner: Membership) -> None:
    for _ in range(SIGN_IN_BY_ACCOUNT.tries + 1):
        assert sign_in(Client(), owner).status_code == 303


@pytest.mark.parametrize("by_address", [False, True], ids=["the account's", "the address's"])
def test_a_known_browser_is_not_locked_out(owner: Membership, by_address: bool) -> None:
    known = Client()
    sign_in(known, owner)
    known.post("/console/-/sign-out")
    if by_address:
        exhaust_address()
    else:
        exhaust_account(owner)
    assert sign_in(Client(), owner).status_code == 429
    assert sign_in(known, owner).status_code == 303


def test_a_known_browser_has_a_limit_of_its_own(owner: Membership) -> None:
    known = Client()
    sign_in(known, owner)
    known.post("/console/-/sign-out")
    for _ in range(SIGN_IN_BY_BROWSER.tries):
        assert sign_in(known, owner, password=WRONG).status_code == 422
    assert sign_in(known, owner).status_code == 429
    assert sign_in(Client(), owner).status_code == 303


def test_a_known_browser_forgives_nothing_to_others(owner: Membership) -> None:
    known = Client()
    sign_in(known, owner)
    known.post("/console/-/sign-out")
    exhaust_account(owner)
    assert sign_in(known, owner).status_code == 303
    assert sign_in(Client(), owner).status_code == 429


def test_a_browser_is_known_for_its_person_alone(owner: Membership, admin: Membership) -> None:
    known = Client()
    sign_in(known, admin)
    known.post("/console/-/sign-out")
    exhaust_account(owner)
    assert sign_in(known, owner).status_code == 429


def test_a_browser_is_known_by_the_password_that_there_is(owner: Membership) -> None:
    """Or whoever has had the old one guesses at the next in as many browsers as they like."""
    former, changed = Client(), Client()
    for browser in (former, changed):
        sign_in(browser, owner)
    changed.post("/console/-/password", {"password": PASSWORD, "new_password": NEXT})
    changed.post("/console/-/sign-out")
    exhaust_account(owner)
    assert sign_in(former, owner, password=NEXT).status_code == 429
    assert sign_in(changed, owner, password=NEXT).status_code == 303


def test_a_browser_is_known_by_a_link_of_a_mail(owner: Membership) -> None:
    browser = Client()
    browser.post("/console/-/password/forgotten", {"email": owner.user.email})
    wait_until_sent()
    found = re.search(r"https?://[^/]+(/console/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    browser.post(browser.get(found[1])["Location"], {"new_password": NEXT})
    exhaust_account(owner)
    assert sign_in(browser, owner, password=NEXT).status_code == 303


@pytest.mark.parametrize("made_up", ["", "x", "gAAAAA", "ä"])
def test_a_made_up_browser_is_unknown(owner: Membership, made_up: str) -> None:
    exhaust_account(owner)
    liar = Client()
    liar.cookies["wardkey_browser"] = made_up
    assert sign_in(liar, owner).status_code == 429


def test_a_known_browser_signs_nobody_in(owner: Membership) -> None:
    known = Client()
    sign_in(known, owner)
    known.post("/console/-/sign-out")
    assert known.get("/console/acme/service-accounts").status_code == 302
    assert sign_in(known, owner, password=WRONG).status_code == 422
