"""No page of the admin keeps anybody out: axe finds nothing, nothing moves sideways."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from config.admin import site
from tests.browser.axe import findings
from tests.browser.screen import WIDTHS, sideways

pytestmark = pytest.mark.browser

MAIN = [record.address for record in site.records if record.is_main]
PLAIN = [record.address for record in site.records if not record.is_main]
FILES = ("export.csv", "export.json")
ALONE = ("/admin/", "/admin/who-is-this-token", f"{MAIN[0]}-/new")


@pytest.mark.parametrize("address", [*ALONE, *MAIN])
def test_nobody_is_kept_out(open_page: Callable[..., Page], address: str) -> None:
    look_at(open_page("lea", reduced_motion="reduce"), address)


def test_nobody_is_kept_out_of_the_plain_lists(open_page: Callable[..., Page]) -> None:
    """They are all made alike, so one page that goes from each to the next is quick."""
    page = open_page("lea", reduced_motion="reduce")
    for address in PLAIN:
        look_at(page, address)


def look_at(page: Page, address: str) -> None:
    """Open an address, and what it leads to, and look at each in either theme and every width."""
    for place in places_from(page, address):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
        answer = page.goto(place)
        assert answer is not None
        assert answer.status == 200, place
        assert findings(page) == [], f"{place}, wide and light"
        page.emulate_media(color_scheme="dark")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert sideways(page) == [], f"{place}, {width}"
        assert findings(page) == [], f"{place}, narrow and dark"
        if place in PLAIN:
            assert page.locator("main tbody tr").count() > 0, f"{place} shows no row"


def places_from(page: Page, address: str) -> Iterator[str]:
    """Yield a page, and of a list the first thing's, with all that is to be done there.

    Who iterates opens each in turn, so the links are read from the page as it is open by then.
    """
    yield address
    if address in ALONE:
        return
    things = [link for link in links(page) if is_below(link, address)]
    if things:
        yield things[0]
        yield from [link for link in links(page) if is_below(link, f"{things[0]}/")]


def links(page: Page) -> list[str]:
    """Return where the links of the page's main part lead, each once."""
    found = page.locator("main a[href]").evaluate_all("all => all.map(one => one.pathname)")
    return list(dict.fromkeys(found))


def is_below(link: str, address: str) -> bool:
    """Say whether a link leads to a page right below another."""
    rest = link.removeprefix(address)
    return link != rest and rest not in {"", *FILES} and "/" not in rest
