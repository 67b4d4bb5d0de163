"""Two organizations in two tabs: each tab stays in its own."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import create_account, heading
from tests.browser.world import World

pytestmark = pytest.mark.browser


def test_two_tabs_in_two_organizations_never_cross(
    open_page: Callable[..., Page], world: World
) -> None:
    here = open_page("ada")
    there = here.context.new_page()
    here.goto("/console/acme/service-accounts")
    there.goto("/console/quiet/service-accounts")
    here.reload()
    create_account(there, "Made there", "quiet")
    create_account(here, "Made here", "acme")
    for page, own, other in ((here, "Made here", "Made there"), (there, "Made there", "Made here")):
        page.get_by_role("link", name="Service accounts").first.click()
        expect(heading(page, "Service accounts")).to_be_visible()
        expect(page.get_by_role("link", name=own)).to_be_visible()
        expect(page.get_by_role("link", name=other)).to_have_count(0)


def test_the_organization_is_switched_by_its_name(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    page.goto("/console/acme/service-accounts")
    page.get_by_role("link", name="switch").first.click()
    expect(heading(page, "Your organizations")).to_be_visible()
    page.get_by_role("link", name="Crowded").click()
    page.wait_for_url("**/console/crowded/service-accounts")
