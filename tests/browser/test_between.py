"""Screens between a desk's and a phone's, and fingers that press twice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.screen import sideways
from tests.browser.steps import DEPLOY, fill_token, heading

pytestmark = pytest.mark.browser

LONG = "W" * 200


def test_a_table_of_long_names_and_scopes_fits_every_screen(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    page.goto(DEPLOY)
    fill_token(page, LONG)
    for scope in ("Read and write Deployment zones", "Delete Deployment zones"):
        page.get_by_label(scope).check()
    page.get_by_role("button", name="Create token").click()
    page.goto(DEPLOY)
    page.get_by_role("link", name=LONG, exact=True).click()
    for address in (page.url, f"{page.url}/revoke", DEPLOY):
        page.goto(address)
        for width in (1279, 1101, 1100, 1024, 881, 880, 600):
            page.set_viewport_size({"width": width, "height": 800})
            assert sideways(page) == [], (address, width)


def test_a_double_click_sends_a_form_once(open_page: Callable[..., Page]) -> None:
    page, sent = open_page("ada"), []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", note)
    page.goto(DEPLOY)
    fill_token(page, "Pressed twice")
    page.get_by_role("button", name="Create token").dblclick()
    expect(heading(page, "Store this secret now")).to_be_visible()
    assert len(sent) == 1
