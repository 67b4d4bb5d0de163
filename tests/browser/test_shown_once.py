"""The secret is on the page once: no way back to the page shows it again."""

import itertools
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.own_browser import OwnBrowser
from tests.browser.steps import DEPLOY, SECRET, create_token, heading, whoami
from tests.browser.world import World

pytestmark = pytest.mark.browser

NAMES = (f"Once {number}" for number in itertools.count())


def show_secret(page: Page, url: str = "") -> str:
    """Create a token of `deploy` and stay on the page of its secret."""
    page.goto(url + DEPLOY)
    return create_token(page, next(NAMES))


def is_gone(page: Page) -> bool:
    """Say whether the page tells that the secret has been shown, and does not show one."""
    expect(heading(page, "This secret has been shown")).to_be_visible()
    return SECRET.search(page.content()) is None


def test_a_reload_shows_it_no_more(open_page: Callable[..., Page], world: World) -> None:
    page = open_page("ada")
    secret = show_secret(page)
    answer = page.reload()
    assert answer is not None
    assert answer.status == 410
    assert is_gone(page)
    assert whoami(world, secret) == 200


def test_back_shows_it_no_more(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    show_secret(page)
    page.goto(DEPLOY)
    page.go_back()
    assert is_gone(page)


def test_back_and_forward_shows_it_no_more(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    show_secret(page)
    page.go_back()
    page.go_forward()
    assert is_gone(page)


def test_a_second_tab_does_not_show_it(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    show_secret(page)
    second = page.context.new_page()
    second.goto(page.url)
    assert is_gone(second)


def test_another_persons_browser_does_not_show_it(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    show_secret(page)
    other = open_page("bo")
    other.goto(page.url)
    assert is_gone(other)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_browser_that_keeps_pages_for_back_does_not_show_it(
    own_browser: OwnBrowser, world: World, script: bool
) -> None:
    page = own_browser.page
    own_browser.sign_in("ada")
    if not script:
        own_browser.switch_script_off()
    show_secret(page, world.url)
    page.goto(f"{world.url}/problems/")  # a page that sets no cookie: the console's own would do
    page.evaluate("history.back()")
    assert is_gone(page)


def test_such_a_browser_does_show_other_pages_again(own_browser: OwnBrowser, world: World) -> None:
    """Hold the test above to a browser in which it could fail."""
    page = own_browser.page
    page.goto(f"{world.url}/problems/")
    page.evaluate("window.kept = true")
    page.get_by_role("link", name="Auth.NoIdentity").first.click()
    expect(heading(page, re.compile("NoIdentity"))).to_be_visible()
    page.evaluate("history.back()")
    page.wait_for_url("**/problems/", wait_until="commit")
    assert page.evaluate("window.kept")


def test_a_restored_tab_does_not_show_it(own_browser: OwnBrowser, world: World) -> None:
    own_browser.sign_in("ada")
    show_secret(own_browser.page, world.url)
    address = own_browser.page.url
    own_browser.close()
    own_browser.restore()
    own_browser.page.wait_for_url(address)
    assert is_gone(own_browser.page)


def test_nothing_that_the_browser_keeps_has_it(own_browser: OwnBrowser, world: World) -> None:
    own_browser.sign_in("ada")
    secret = show_secret(own_browser.page, world.url)
    with own_browser.page.expect_download() as download:
        own_browser.page.get_by_role("button", name="Download").click()
    saved = download.value.path().read_text()
    assert secret in saved
    address = own_browser.page.url
    own_browser.close()
    assert addresses_kept(own_browser.profile, "urls", "url")[-1:] == [address]
    (downloaded,) = addresses_kept(own_browser.profile, "downloads_url_chains", "url")
    assert downloaded.startswith(f"blob:{world.url}/")
    kept = [path for path in own_browser.profile.rglob("*") if path.is_file()]
    end = secret[-20:]
    texts = (end.encode(), end.encode("utf-16-le"))
    found = [path for path in kept if any(text in path.read_bytes() for text in texts)]
    assert found == []


def addresses_kept(profile: Path, table: str, column: str) -> list[str]:
    """Return what a table of the browser's history says, in its order."""
    (history,) = profile.rglob("History")
    with closing(sqlite3.connect(history)) as file:
        return [str(row[0]) for row in file.execute(f"SELECT {column} FROM {table} ORDER BY id")]
