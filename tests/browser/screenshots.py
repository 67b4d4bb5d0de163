"""Makes the pictures of the README and of ``docs/``: ``python -m tests.browser.screenshots``.

They are taken in an installation of its own, filled by ``tests/browser/seed.py``, and written
to ``docs/screenshots/``. Run it again after the look of a page has changed.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, chromium_path
from tests.browser.steps import DEPLOY, create_token, fill_token
from tests.browser.world import World, served_world
from tests.servers import ROOT

FOLDER = ROOT / "docs" / "screenshots"
HEIGHT = 900


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: of which page, how wide, and what is done there before."""

    name: str
    address: str
    width: int = 1280
    scheme: Literal["light", "dark"] = "light"
    before: Callable[[Page], object] | None = None
    person: str = "ada"

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return FOLDER / f"{self.name}-{self.width}-{self.scheme}.png"


def choose_scopes(page: Page) -> None:
    """Fill in the form for a token."""
    fill_token(page, "Release robot")


def make_token(page: Page) -> None:
    """Create a token, and stay where its secret is shown."""
    create_token(page, "Release robot")


def open_acme(page: Page) -> None:
    """Open the summary of an organization."""
    page.get_by_role("link", name="Acme").first.click()


def open_revoke(page: Page) -> None:
    """Open the page on which staff revoke a token."""
    page.get_by_role("link", name="Production").first.click()
    page.get_by_role("link", name="Revoke").click()


STAFF_TOKENS = "/admin/tokens/token/?organization=acme"
SHOTS = [
    Shot("service-accounts", "/console/acme/service-accounts"),
    Shot("tokens", DEPLOY, scheme="dark"),
    Shot("create-token", DEPLOY, before=choose_scopes),
    Shot("secret", DEPLOY, before=make_token),
    Shot("tokens", DEPLOY, width=375),
    Shot("audit-log", "/console/acme/audit-log", width=375, scheme="dark"),
    Shot("staff-home", "/admin/", person="lea"),
    Shot("staff-tokens", STAFF_TOKENS, person="lea"),
    Shot("staff-revoke", STAFF_TOKENS, 375, "dark", open_revoke, "lea"),
    Shot("staff-organization", "/admin/accounts/organization/", 1280, "dark", open_acme, "lea"),
    Shot("problem", "/problems/unsupported-media-type"),
    Shot("problems", "/problems/", width=375, scheme="dark"),
]


def main() -> None:
    """Take every picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served_world(Path(folder)) as world,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        for shot in SHOTS:
            take(browser, world, shot)
            sys.stdout.write(f"{shot.file.relative_to(ROOT)}\n")
        browser.close()


def take(browser: Browser, world: World, shot: Shot) -> None:
    """Open the page in a browser of its own, and write the picture."""
    context = browser.new_context(
        base_url=world.url,
        viewport={"width": shot.width, "height": HEIGHT},
        color_scheme=shot.scheme,
        reduced_motion="reduce",
    )
    context.add_cookies([world.session_of(shot.person)])
    page = context.new_page()
    page.goto(shot.address)
    if shot.before:
        shot.before(page)
    page.screenshot(path=shot.file)
    context.close()


if __name__ == "__main__":
    main()
