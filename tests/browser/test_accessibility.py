"""No page, in no state, keeps anybody out: axe finds nothing, nothing moves sideways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.addresses import console_addresses
from tests.browser.axe import findings
from tests.browser.pages.every import PAGES
from tests.browser.pages.person import NO_PAGE
from tests.browser.pages.state import State
from tests.browser.screen import WIDTHS, sideways, weight
from tests.browser.world import World

pytestmark = pytest.mark.browser

MOST_BYTES = 60_000
EACH = [
    pytest.param(state, id=f"{page} {state.name}") for page, them in PAGES.items() for state in them
]


def test_every_address_of_the_console_is_known_here() -> None:
    known = {*PAGES, *NO_PAGE}
    assert len(known) == len(PAGES) + len(NO_PAGE)
    assert known == console_addresses().keys()


@pytest.mark.parametrize("state", EACH)
def test_nobody_is_kept_out(open_page: Callable[..., Page], world: World, state: State) -> None:
    page = open_page(state.person, color_scheme="light", reduced_motion="reduce")
    show(page, world, state)
    assert findings(page) == [], "wide and light"
    assert weight(page) < MOST_BYTES
    page.emulate_media(color_scheme="dark")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert sideways(page) == [], width
    assert findings(page) == [], "narrow and dark"


def show(page: Page, world: World, state: State) -> None:
    """Bring a page into the state."""
    answer = page.goto(world.address(state.address))
    assert answer is not None
    assert answer.status == state.status
    if state.reach:
        state.reach(page, world)
