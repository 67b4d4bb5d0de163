"""Second factors in a browser: codes that are typed, passkeys that a browser keeps."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages.state import confirming, pressing
from tests.browser.people import PASSWORD, SECOND_FACTORS
from tests.browser.steps import heading, sign_in
from tests.browser.world import World
from tests.second_factors.factors import STEP_SECONDS, code_at

pytestmark = pytest.mark.browser

STRICT = "/console/strict/service-accounts"
WITH_APP, WITHOUT, WITH_PASSKEY = SECOND_FACTORS


def test_a_typed_code_opens_what_demands_one(open_page: Callable[..., Page], world: World) -> None:
    page = open_page()
    page.goto(STRICT)
    sign_in(page, WITH_APP)
    expect(heading(page, "Second factor")).to_be_visible()
    page.get_by_label("Code").fill(code_now(world.facts["totp"]))
    page.get_by_role("button", name="Go on").click()
    expect(heading(page, "Service accounts")).to_be_visible()


def test_who_has_none_sets_one_up_first(open_page: Callable[..., Page], world: World) -> None:
    page = open_page()
    page.goto(STRICT)
    sign_in(page, WITHOUT)
    expect(page.get_by_text("Strict requires a second factor.")).to_be_visible()
    page.get_by_role("link", name="Add an app").click()
    confirming()(page, world)
    secret = (page.locator("main code").text_content() or "").replace(" ", "")
    pressing("Add the app", {"Code that the app shows": code_now(secret)})(page, world)
    codes = (page.locator("#codes").text_content() or "").split()
    assert len(codes) == len(set(codes)) == 10
    page.reload()
    expect(heading(page, "Already shown")).to_be_visible()
    assert not any(code in page.content() for code in codes)
    page.goto(STRICT)
    expect(heading(page, "Service accounts")).to_be_visible()
    sign_out(page)
    sign_in(page, WITHOUT)
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Go on").click()
    page.goto(STRICT)
    expect(heading(page, "Service accounts")).to_be_visible()


def test_a_passkey_is_made_and_signs_in(open_page: Callable[..., Page], world: World) -> None:
    page = open_page()
    keep_passkeys(page)
    page.goto("/console/-/second-factors")
    sign_in(page, WITH_PASSKEY)
    page.get_by_role("link", name="Add a passkey").click()
    confirming()(page, world)
    page.get_by_label("Name").fill("This browser")
    page.get_by_role("button", name="Add the passkey").click()
    expect(heading(page, "Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have stored them").click()
    expect(page.get_by_role("link", name="Remove This browser")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(heading(page, "Service accounts")).to_be_visible()
    sign_out(page)
    sign_in(page, WITH_PASSKEY, PASSWORD)
    expect(heading(page, "Second factor")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(heading(page, "Service accounts")).to_be_visible()


def code_now(secret: str) -> str:
    """Return what an authenticator app shows."""
    return code_at(secret, int(time.time()) // STEP_SECONDS)


def keep_passkeys(page: Page) -> None:
    """Give the page's browser a place for passkeys, and somebody who always says yes."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_out(page: Page) -> None:
    """Sign out by the button of the page that is open."""
    page.get_by_role("button", name="Sign out").first.click()
    expect(heading(page, "Sign in")).to_be_visible()
