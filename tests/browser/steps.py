"""What a person does in the console, in the words that they read there."""

import re

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import PASSWORD, email
from tests.browser.world import World

SECRET = re.compile(r"wdk_[0-9A-Za-z]{30,}")
DEPLOY = "/console/acme/service-accounts/deploy"
WAYS: dict[str, dict[str, object]] = {
    "with script": {},
    "without script": {"java_script_enabled": False},
    "on a phone": {
        "viewport": {"width": 375, "height": 667},
        "has_touch": True,
        "is_mobile": True,
    },
}
"""What a context of a browser is begun with, to do one job in more than one way."""


def heading(page: Page, words: str | re.Pattern[str]) -> Locator:
    """Return the page's own heading."""
    return page.get_by_role("heading", level=1, name=words)


def sign_in(page: Page, person: str = "ada", password: str = PASSWORD) -> None:
    """Sign in by the form of the page that is open."""
    page.get_by_label("Email").fill(email(person))
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def create_account(page: Page, name: str, organization: str = "acme") -> None:
    """Create a service account by way of the list; its own page is open then."""
    page.goto(f"/console/{organization}/service-accounts")
    page.get_by_role("link", name="New service account").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Read Releases").check()
    page.get_by_role("button", name="Create service account").click()
    expect(heading(page, name)).to_be_visible()


def fill_token(page: Page, name: str) -> None:
    """Fill in the form for a token that may read releases, from its account's page."""
    page.get_by_role("link", name="New token").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Choose scopes").check()
    page.get_by_label("Read Releases").check()


def create_token(page: Page, name: str) -> str:
    """Create a token from its account's page, and return the secret that the next page shows."""
    fill_token(page, name)
    page.get_by_role("button", name="Create token").click()
    return secret_on(page)


def secret_on(page: Page) -> str:
    """Return the secret that the page shows as such."""
    shown = page.get_by_label("Token secret").text_content() or ""
    assert SECRET.fullmatch(shown.strip()), "it is whole"
    return shown.strip()


def revoke_token(page: Page, name: str) -> None:
    """Revoke a token from its account's page, typing its slug where that is asked."""
    page.get_by_role("link", name=f"Revoke {name}").click()
    typed = page.get_by_label(re.compile("^Type"))
    if typed.count():
        asked = page.locator("label code").first.text_content() or ""
        typed.fill(asked)
    page.get_by_role("button", name="Revoke token").click()


def whoami(world: World, secret: str) -> int:
    """Return the status of the REST API's answer to a token."""
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{world.url}/api/whoami", headers=headers).status_code
