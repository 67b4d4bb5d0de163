"""The secret, once: to one page, of one session, within five minutes, and nowhere else."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts.keys import parse_keys
from accounts.models import Membership, ServiceAccount
from tests.clients import RestClient
from tests.console.pages import browser_of, words_on
from tests.leaks import expected, leaks
from tests.organizations.rows import all_rows
from tokens.models import StashedSecret, Token
from tokens.services.issue import IssuedToken
from tokens.services.stash import forget_unread
from tokens.web import once

DEPLOY = "/console/acme/service-accounts/deploy"
NEW = f"{DEPLOY}/tokens/-/new"
SECRET = re.compile(r"wdk_[0-9A-Za-z]{38}")
FRESH_KEY = "k9:dGVzdHMtb25seS1rZXktbmluZS0zMi1ieXRlcy1sb25n"


@pytest.fixture
def browser(owner: Membership, deploy: ServiceAccount) -> Client:
    """A browser in which the owner of `acme` has signed in."""
    return browser_of(owner)


def create(browser: Client, name: str = "Night") -> str:
    """Create a token, and return the address of the page that shows its secret."""
    answer = browser.post(NEW, {"name": name, "mode": "choose", "scopes": ["read:releases"]})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def shown(answer: Any) -> str:
    """Return the one secret that a page shows."""
    assert answer.status_code == 200
    (secret,) = set(SECRET.findall(answer.content.decode()))
    return str(secret)


def is_hidden(answer: Any) -> bool:
    """Say whether a page is the one that shows no secret, and leads on."""
    html = answer.content.decode()
    return answer.status_code == 410 and not SECRET.search(html) and "/revoke" in html


def test_the_page_shows_the_secret_and_it_works(browser: Client) -> None:
    secret = shown(browser.get(create(browser)))
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/tokens/validate", headers=headers).status_code == 200


@override_settings(WARDKEY_PUBLIC_URL="https://keys.example.com")
def test_the_page_has_what_is_needed_to_go_on(browser: Client) -> None:
    answer = browser.get(create(browser))
    secret, words = shown(answer), words_on(answer)
    assert f"WARDKEY_TOKEN={secret}" in words
    assert "curl https://keys.example.com/api/whoami" in words
    assert f"Authorization: Bearer {secret}" in words
    assert f'href="{DEPLOY}">I have stored it' in answer.content.decode()


def test_the_page_leaves_no_trace_of_itself(browser: Client) -> None:
    place = create(browser)
    answer = browser.get(place)
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "wardkey_session" in answer.cookies, "sent anew, so that Back finds no copy of the page"
    html, secret = answer.content.decode(), shown(answer)
    assert secret not in place
    assert not [
        address for address in re.findall(r'(?:href|src)="([^"]*)"', html) if "//" in address
    ]
    assert "data:" not in html


def test_a_reload_shows_it_no_more(browser: Client) -> None:
    place = create(browser)
    shown(browser.get(place))
    for _ in range(2):
        again = browser.get(place)
        assert is_hidden(again)
        assert "This secret has been shown" in words_on(again)
        assert "no-store" in again.headers["Cache-Control"]


def test_another_session_of_the_same_person_gets_nothing_and_takes_nothing(
    browser: Client, owner: Membership
) -> None:
    place = create(browser)
    answer = browser_of(owner).get(place)
    assert is_hidden(answer)
    assert "has not been shown" in words_on(answer)
    shown(browser.get(place))


def test_another_member_gets_nothing_and_takes_nothing(
    browser: Client, admin: Membership, viewer: Membership
) -> None:
    place = create(browser)
    assert is_hidden(browser_of(admin).get(place))
    assert browser_of(viewer).get(place).status_code == 403
    assert Client().get(place).status_code == 302
    shown(browser.get(place))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
    ],
)
def test_fetching_ahead_takes_nothing(browser: Client, headers: dict[str, str]) -> None:
    place = create(browser)
    assert is_hidden(browser.get(place, headers=headers))
    shown(browser.get(place))


@pytest.mark.parametrize("method", ["head", "post", "put", "options"])
def test_other_methods_take_nothing(browser: Client, method: str) -> None:
    place = create(browser)
    assert getattr(browser, method)(place).status_code in {405, 410}
    shown(browser.get(place))


def test_after_five_minutes_it_is_gone_and_the_token_says_so(
    browser: Client, viewer: Membership
) -> None:
    place = create(browser)
    token_page = place.removesuffix("/secret")
    assert place not in browser_of(viewer).get(token_page).content.decode()
    assert place in browser.get(token_page).content.decode()
    assert "Its secret has not been shown yet." in words_on(browser.get(token_page))
    stashed = StashedSecret.objects.get()
    assert timedelta(minutes=4) < stashed.expires_at - timezone.now() <= timedelta(minutes=5)
    StashedSecret.objects.update(expires_at=timezone.now())
    assert is_hidden(browser.get(place))
    assert "Its secret was never shown." in words_on(browser.get(token_page))


def test_what_nobody_read_is_wiped_and_stays_known_as_never_shown(browser: Client) -> None:
    place = create(browser)
    assert forget_unread() == 0
    StashedSecret.objects.update(expires_at=timezone.now())
    assert forget_unread() == 1
    assert forget_unread() == 0
    assert StashedSecret.objects.get().sealed == ""
    assert "Its secret was never shown." in words_on(browser.get(place.removesuffix("/secret")))


def test_a_token_whose_secret_was_shown_says_nothing_of_it(
    browser: Client, ci: IssuedToken
) -> None:
    place = create(browser)
    browser.get(place)
    for page in (place.removesuffix("/secret"), f"{DEPLOY}/tokens/ci"):
        words = words_on(browser.get(page))
        assert "never shown" not in words
        assert "not been shown" not in words


def test_a_stash_that_cannot_be_opened_says_that_it_was_never_shown(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = create(browser)
    monkeypatch.setattr("tokens.services.stash.unseal", lambda *_: None)
    assert is_hidden(browser.get(place))
    StashedSecret.objects.update(expires_at=timezone.now())
    assert "Its secret was never shown." in words_on(browser.get(place.removesuffix("/secret")))
    assert Token.objects.get().revoked_at is None


def test_a_stash_is_good_under_every_loaded_server_key(browser: Client, settings: Any) -> None:
    place = create(browser)
    settings.WARDKEY_SECRET_KEYS = (*parse_keys(FRESH_KEY), *settings.WARDKEY_SECRET_KEYS)
    secret = shown(browser.get(place))
    assert RestClient(credential=secret).get("/whoami").status_code == 200


def test_the_row_tells_neither_secret_nor_session(browser: Client) -> None:
    place = create(browser)
    row = repr(vars(StashedSecret.objects.get()))
    secret = shown(browser.get(place))
    assert secret[-20:] not in row
    assert browser.cookies["wardkey_session"].value not in row


def test_a_token_that_is_revoked_meanwhile_shows_no_secret(browser: Client) -> None:
    place = create(browser)
    browser.post(place.replace("/secret", "/revoke"))
    answer = browser.get(place)
    assert answer.status_code == 410
    assert not SECRET.search(answer.content.decode())
    assert "Night is revoked" in words_on(answer)
    assert "/revoke" not in answer.content.decode()


def test_a_page_that_cannot_be_made_takes_nothing(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError

    place = create(browser)
    with monkeypatch.context() as broken:
        broken.setattr(once, "token_lines", fail)
        assert browser.get(place).status_code == 503
    shown(browser.get(place))


def test_a_form_that_is_sent_twice_still_shows_the_secret(browser: Client) -> None:
    form = {"name": "Night", "mode": "inherit", "once": "1"}
    places = {browser.post(NEW, form).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    shown(browser.get(places.pop()))


@pytest.mark.race
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_of_many_tabs_at_once_one_shows_it(owner: Membership, deploy: ServiceAccount) -> None:
    browser = browser_of(owner)
    place, cookies = create(browser), browser.cookies

    def open_tab(_: int) -> str:
        tab = Client()
        tab.cookies = cookies
        try:
            return tab.get(place).content.decode()
        finally:
            connection.close()

    with expected(), ThreadPoolExecutor(8) as tabs:
        pages = list(tabs.map(open_tab, range(8)))
    assert sum(bool(SECRET.search(page)) for page in pages) == 1


def test_of_fifty_secrets_none_is_kept_anywhere(
    browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = []
    for at in range(50):
        place = create(browser, f"Night {at}")
        dump = repr(all_rows())
        secrets.append(shown(browser.get(place)))
        assert secrets[-1][-16:] not in dump, "nor while it waits"
        browser.get(place)
        browser.get(DEPLOY)
    dump, logs = repr(list(all_rows().values())), repr([vars(one) for one in caplog.records])
    assert "Night 49" in dump
    assert "/secret" in logs
    for secret in secrets:
        assert secret[4:] not in dump
        assert secret[4:] not in logs
    leaks.look("a dump", dump)
    leaks.look("the logs", logs)
    assert len(set(secrets)) == 50
