"""The second language: its longer words fit, and it is told as what it is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.pages.every import PAGES
from tests.browser.screen import NARROWEST, sideways
from tests.browser.world import World

pytestmark = pytest.mark.browser

STATES = [state for them in PAGES.values() for state in them if state.reach is None]


@pytest.mark.parametrize("person", sorted({state.person or "" for state in STATES}))
def test_no_word_is_too_long(open_page: Callable[..., Page], world: World, person: str) -> None:
    narrow = {"width": NARROWEST, "height": 800}
    page = open_page(person or None, locale="de-DE", viewport=narrow)
    for state in STATES:
        if (state.person or "") == person:
            page.goto(world.address(state.address))
            assert page.locator("html").get_attribute("lang") == "de"
            assert sideways(page) == [], state.address
