"""Who reads which language: the person's own, else their browser's; the REST API is English."""

import re

import pytest
from django.test import Client

from accounts.models import Membership, ServiceAccount
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.console.pages import words_on
from tests.console.people import sign_in
from tokens.services.issue import IssuedToken

NEW_ACCOUNT = "/console/acme/service-accounts/-/new"


@pytest.fixture
def german(owner: Membership) -> Client:
    """A German browser in which the owner of `acme` has signed in."""
    browser = Client(headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"})
    browser.force_login(owner.user)
    return browser


def test_a_refusal_is_german_beside_its_field(german: Client) -> None:
    words = words_on(german.post(NEW_ACCOUNT, {"name": "x" * 201}))
    assert "Darf höchstens 200 Zeichen lang sein" in words


def test_a_conflict_is_german_and_names_what_it_is_about(
    german: Client, deploy: ServiceAccount
) -> None:
    words = words_on(german.post(NEW_ACCOUNT, {"name": "Deploy again", "slug": "deploy"}))
    assert "Ein Dienstkonto „deploy“ gibt es bereits." in words


def test_a_refusal_that_has_a_page_of_its_own_is_german(german: Client) -> None:
    words = words_on(german.get("/console/acme/service-accounts/nobody"))
    assert "In Ihrer Organisation gibt es kein Dienstkonto „nobody“." in words


def test_an_address_that_nobody_has_is_refused_in_german(german: Client) -> None:
    words = words_on(german.get("/console/nowhere/members"))
    assert "Unter dieser Adresse gibt es nichts." in words


def test_what_django_says_of_a_password_is_german(german: Client) -> None:
    typed = {"password": PASSWORD, "new_password": "kurz"}
    words = words_on(german.post("/console/-/password", typed))
    assert "Dieses Passwort ist zu kurz" in words


def test_signing_in_says_nothing_in_english(owner: Membership, ci: IssuedToken) -> None:
    browser = Client(headers={"accept-language": "de"})
    sign_in(browser, owner)
    words = words_on(browser.get("/console/acme/service-accounts"))
    assert "Dienstkonten" in words
    assert "igned in" not in words


def test_signing_in_with_a_wrong_password_is_refused_in_german(owner: Membership) -> None:
    words = words_on(sign_in(Client(headers={"accept-language": "de"}), owner, password="no"))
    assert "Die E-Mail-Adresse oder das Passwort ist falsch." in words


def test_the_language_of_the_profile_comes_before_that_of_the_browser(
    owner: Membership, german: Client
) -> None:
    typed = {"name": owner.user.name, "time_zone": "", "language": "en"}
    german.post("/console/-/profile", typed)
    assert "Service accounts" in words_on(german.get("/console/acme/service-accounts"))
    german.post("/console/-/profile", {**typed, "language": "de"})
    assert "Dienstkonten" in words_on(german.get("/console/acme/service-accounts"))


def test_a_language_that_there_is_not_falls_back_to_english(owner: Membership) -> None:
    browser = Client(headers={"accept-language": "tlh"})
    browser.force_login(owner.user)
    answer = browser.get("/console/acme/service-accounts")
    assert answer.headers["Content-Language"] == "en"
    assert "Service accounts" in words_on(answer)


def test_dates_are_written_as_germans_write_them(german: Client, ci: IssuedToken) -> None:
    days = words_on(german.get("/console/acme/audit-log"))
    assert re.search(r"Heute, \d{1,2}\. [A-Z]\w+ \d{4}", days)
    page = german.get("/console/acme/service-accounts/deploy/tokens/ci").content.decode()
    assert re.search(r'title="\d{1,2}\. \w+\.? \d{4}, \d\d:\d\d:\d\d UTC">[^<]+<', page)


def test_the_rest_api_is_english_to_everybody(rest: RestClient) -> None:
    answer = rest.post("/service-accounts", {"name": ""}, headers={"accept-language": "de"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "must be at least 1 character"
    assert "content-language" not in answer.headers
