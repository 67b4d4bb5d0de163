"""Signing in at an OpenID Connect provider, in a browser."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import SUBJECT
from tests.browser.steps import heading
from tests.browser.world import World
from tests.console.provider import Provider

pytestmark = pytest.mark.browser

PAGE = "/console/acme/service-accounts"


@pytest.fixture
def provider(world: World) -> Iterator[Provider]:
    """The provider; whom a test has it sign in, it signs in for that test alone."""
    before = world.provider.subject
    yield world.provider
    world.provider.subject = before


def test_a_member_signs_in_and_comes_back_to_the_page(
    open_page: Callable[..., Page], provider: Provider
) -> None:
    provider.subject = SUBJECT
    page = open_page()
    page.goto(PAGE)
    page.get_by_role("link", name="Continue with Test login").click()
    page.wait_for_url(f"**{PAGE}")
    expect(heading(page, "Service accounts")).to_be_visible()
    assert provider.faults == []


def test_somebody_unknown_is_told_what_to_ask_for(
    open_page: Callable[..., Page], provider: Provider
) -> None:
    provider.subject = "somebody-else"
    page = open_page()
    page.goto(PAGE)
    page.get_by_role("link", name="Continue with Test login").click()
    expect(heading(page, "Not a member yet")).to_be_visible()
    expect(page.get_by_text("somebody-else")).to_be_visible()
