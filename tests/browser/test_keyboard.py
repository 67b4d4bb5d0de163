"""Everything by the keyboard alone: each stop is visible, and focus goes where it should."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import PASSWORD, email
from tests.browser.steps import heading, secret_on, whoami
from tests.browser.world import World

pytestmark = pytest.mark.browser

MOST_STOPS = 150

WHERE = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const labels = [...(one.labels || [])].map((label) => label.textContent).join(" ");
  const name = one.getAttribute("aria-label") || labels || one.textContent || one.value || "";
  const outlined = (it) => {
    const look = getComputedStyle(it);
    const line = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
    return line || look.boxShadow !== "none";
  };
  return {
    name: name.trim().replace(/\\s+/g, " "),
    tag: one.tagName,
    shown: outlined(one) || outlined(one.closest("label") || one),
    inside: box.bottom > 0 && box.top < innerHeight,
  };
}"""


def stop(page: Page) -> dict[str, Any]:
    """Return where the focus is: ``name``, ``tag``, whether it is ``shown`` and ``inside``."""
    found: dict[str, Any] = page.evaluate(WHERE)
    return found


def tab_to(page: Page, name: str, *tags: str) -> None:
    """Go on by Tab until the focus is on what is called ``name``; each stop has to be seen."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        here = stop(page)
        if here["tag"] == "BODY":
            continue
        assert here["shown"], f"no focus to be seen on {here}"
        assert here["inside"], f"focus outside of the screen: {here}"
        if here["name"].startswith(name) and (not tags or here["tag"] in tags):
            return
    pytest.fail(f"Tab does not reach {name}")


def type_into(page: Page, name: str, text: str) -> None:
    """Type into the field with this label."""
    tab_to(page, name, "INPUT", "TEXTAREA")
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    """Follow the link or press the button of this name, to the next page."""
    tab_to(page, name, "A", "BUTTON")
    enter(page)


def enter(page: Page) -> None:
    """Press Enter where the focus is, and wait for the next page."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_the_first_stop_skips_to_the_content(open_page: Callable[..., Page]) -> None:
    page = open_page("ada")
    page.goto("/console/acme/service-accounts")
    page.keyboard.press("Tab")
    assert stop(page)["name"] == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_whole_path_by_the_keyboard(open_page: Callable[..., Page], world: World) -> None:
    page = open_page()
    page.goto("/console/acme/service-accounts")
    type_into(page, "Email", email("ada"))
    type_into(page, "Password", PASSWORD)
    enter(page)
    expect(heading(page, "Service accounts")).to_be_visible()
    press(page, "New service account")
    type_into(page, "Name", "By keyboard")
    press(page, "Create service account")
    expect(heading(page, "By keyboard")).to_be_visible()
    press(page, "New token")
    type_into(page, "Name", "Typed")
    press(page, "Create token")
    secret = secret_on(page)
    assert whoami(world, secret) == 200
    press(page, "I have stored it")
    press(page, "Revoke Typed")
    press(page, "Revoke token")
    expect(page.get_by_role("status").first).to_contain_text("Typed")
    assert whoami(world, secret) == 401


def test_a_refused_form_puts_the_focus_on_its_first_mistake(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("ada")
    page.goto("/console/acme/service-accounts")
    press(page, "New service account")
    press(page, "Create service account")
    field = page.get_by_label("Name")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.locator(f"#{(field.get_attribute('aria-describedby') or '').split()[0]}").count()
