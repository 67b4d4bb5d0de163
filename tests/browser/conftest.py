"""A browser and a server for it, shared by the tests of this folder; a world of pages in it.

Playwright keeps an event loop running in the thread that uses it, and Django refuses its
database to such a thread. So both live for this folder alone, and its tests ask the database
through processes of the installation.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, chromium_path
from tests.browser.own_browser import OwnBrowser
from tests.browser.watch import Watch
from tests.browser.world import World, served_world

WAIT = 30_000
"""Milliseconds until something on a page is given up: for a busy machine, no test states it."""

expect.set_options(timeout=WAIT)


@pytest.fixture(scope="package")
def chromium() -> str:
    """The path of the browser."""
    return chromium_path()


@pytest.fixture(scope="package")
def playwright(chromium: str) -> Iterator[Playwright]:
    """What drives browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """A browser without a window; each test opens contexts of its own in it."""
    opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def world(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation that serves, and in which a page of every kind can be opened."""
    with served_world(tmp_path_factory.mktemp("browser")) as served:
        yield served


Opener = Callable[..., Page]


@pytest.fixture
def open_browser(browser: Browser, world: World) -> Iterator[Callable[..., BrowserContext]]:
    """Return a way to begin a context: a browser of its own, in which ``person`` has signed in.

    What Playwright's ``new_context`` takes passes through. What a page did wrong fails the test.
    """
    begun: list[tuple[BrowserContext, Watch]] = []

    def begin(person: str | None = None, **options: object) -> BrowserContext:
        context = browser.new_context(base_url=world.url, **options)  # type: ignore[arg-type] # theirs
        context.set_default_timeout(WAIT)
        if person is not None:
            context.add_cookies([world.session_of(person)])
        begun.append((context, Watch(context)))
        return context

    yield begin
    for context, _ in begun:
        context.close()
    assert [fault for _, watch in begun for fault in watch.faults] == []


@pytest.fixture
def open_page(open_browser: Callable[..., BrowserContext]) -> Opener:
    """Return a way to open a page in a browser of its own; see ``open_browser``."""

    def begin(person: str | None = None, **options: object) -> Page:
        return open_browser(person, **options).new_page()

    return begin


@pytest.fixture
def own_browser(
    playwright: Playwright, chromium: str, world: World, tmp_path: Path
) -> Iterator[OwnBrowser]:
    """A browser as people have it, started, with one tab and nobody signed in."""
    made = OwnBrowser(playwright, chromium, tmp_path, world)
    try:
        made.start("about:blank")
        yield made
    finally:
        made.clear_away()
