"""What the script adds, and what is there without it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import DEPLOY, create_token, fill_token, heading, secret_on

pytestmark = pytest.mark.browser

NEW_ACCOUNT = "/console/acme/service-accounts/-/new"


def test_the_secret_is_copied(open_page: Callable[..., Page]) -> None:
    page = open_page("ada", permissions=["clipboard-read", "clipboard-write"])
    page.goto(DEPLOY)
    secret = create_token(page, "Copied")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied").first).to_be_visible()
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == secret


def test_where_the_clipboard_is_refused_it_is_selected(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error())")
    page.goto(DEPLOY)
    secret = create_token(page, "Not copied")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Press Ctrl C")).to_be_visible()
    assert page.evaluate("getSelection().toString()").strip() == secret


def test_without_script_there_is_nothing_dead(open_page: Callable[..., Page]) -> None:
    page = open_page("ada", java_script_enabled=False)
    page.goto(DEPLOY)
    expect(page.get_by_text("Select all on this page")).to_be_hidden()
    create_token(page, "By hand")
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Download"))).to_have_count(0)
    assert secret_on(page) in (page.locator("#env").text_content() or "")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_preset_fills_the_picker_and_keeps_what_was_typed(
    open_page: Callable[..., Page], script: bool
) -> None:
    page = open_page("ada", java_script_enabled=script)
    page.goto(f"{DEPLOY}/tokens/-/new")
    page.get_by_label("Name").fill("Preset")
    page.get_by_label("Choose scopes").check()
    page.get_by_role("button", name="Read everything").click()
    expect(page.get_by_label("Read everything", exact=True)).to_be_checked()
    expect(page.get_by_label("Name")).to_have_value("Preset")
    expect(page.locator("#allows")).to_have_text("Read everything")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Read everything", exact=True)).not_to_be_checked()


def test_the_summary_follows_the_choice(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    page.goto(DEPLOY)
    fill_token(page, "Summed up")
    told = page.locator("#allows li")
    expect(told).to_have_text(["Read Releases"])
    page.get_by_label("Read and write Releases").check()
    expect(told).to_have_text(["Read and write Releases"])
    expect(page.locator("#count")).to_have_text("2 scopes ticked")


def test_the_slug_follows_the_name_until_it_is_typed(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    page.goto(NEW_ACCOUNT)
    name, slug = page.get_by_label("Name"), page.get_by_label("Slug")
    name.fill("Café nightly  #2")
    expect(slug).to_have_value("cafe-nightly-2")
    slug.fill("own")
    name.fill("Another")
    expect(slug).to_have_value("own")


def test_several_are_chosen_and_revoked(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    for name in ("First of two", "Second of two"):
        page.goto(DEPLOY)
        create_token(page, name)
    page.goto(f"{DEPLOY}?q=of+two")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Revoke selected").click()
    expect(heading(page, "Revoke 2 tokens?")).to_be_visible()
    page.get_by_role("button", name="Revoke tokens").click()
    expect(page.get_by_role("status").first).to_contain_text("2 tokens are revoked")


def test_rows_are_filtered_while_typing(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    page.goto("/console/crowded/service-accounts")
    page.get_by_label("Search service accounts").press_sequentially("runner 2")
    shown = page.locator("tbody tr:visible")
    expect(shown.filter(has_not_text="Runner 2")).to_have_count(0)
    assert shown.count()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_who_wants_less_motion_has_none(open_page: Callable[..., Page], motion: str) -> None:
    page = open_page("ada", reduced_motion=motion)
    page.goto(DEPLOY)
    lasts = page.get_by_role("link", name="New token").first.evaluate(
        "(one) => getComputedStyle(one).transitionDuration"
    )
    assert (lasts == "0s") == (motion == "reduce")
