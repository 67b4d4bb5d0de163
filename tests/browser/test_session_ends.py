"""A session ends in the middle of a form: what was typed survives, and nothing sends itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import heading, sign_in

pytestmark = pytest.mark.browser

TYPED = {"Name": "Half done", "Description": "with <b>care</b> & time"}


def test_what_was_typed_survives_the_new_sign_in(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/console/acme/service-accounts")
    sign_in(page)
    page.get_by_role("link", name="New service account").first.click()
    for label, text in TYPED.items():
        page.get_by_label(label).fill(text)
    sign_out_elsewhere(page)
    page.get_by_role("button", name="Create service account").click()
    expect(heading(page, "Your session has ended")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    sign_in(opened.value)
    expect(opened.value.get_by_label("Name")).to_have_value("")
    page.get_by_role("button", name="Go on with what I typed").click()
    for label, text in TYPED.items():
        expect(page.get_by_label(label)).to_have_value(text)
    assert not is_made(opened.value), "it is not sent by itself"
    page.get_by_role("button", name="Create service account").click()
    expect(heading(page, "Half done")).to_be_visible()
    assert is_made(opened.value)


def test_another_person_is_not_shown_what_was_typed(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/console/acme/service-accounts")
    sign_in(page)
    page.get_by_role("link", name="New service account").first.click()
    page.get_by_label("Name").fill("Only mine")
    sign_out_elsewhere(page)
    page.get_by_role("button", name="Create service account").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    sign_in(opened.value, "bo")
    expect(opened.value.get_by_label("Name")).to_be_visible()
    page.get_by_role("button", name="Go on with what I typed").click()
    expect(page.get_by_label("Name")).to_have_value("")


def sign_out_elsewhere(page: Page) -> None:
    """End the session in a second tab."""
    other = page.context.new_page()
    other.goto("/console/-/organizations")
    other.get_by_role("button", name="Sign out").first.click()
    expect(other.get_by_label("Password")).to_be_visible()
    other.close()


def is_made(page: Page) -> bool:
    """Say whether the account is on the list."""
    page.goto("/console/acme/service-accounts?q=half")
    return page.get_by_role("link", name="Half done").count() > 0
