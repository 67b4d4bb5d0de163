"""What a state of a page is, and the ways on to it that several pages share."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.people import PASSWORD
from tests.browser.world import World

Reach = Callable[[Page, World], object]


@dataclass(frozen=True, slots=True)
class State:
    """One state of a page: who looks, and how they get there.

    ``address`` may hold a place that the seed told, as ``{dora}``; ``reach`` goes on from there.
    """

    name: str
    address: str
    person: str | None = "ada"
    status: int = 200
    reach: Reach | None = None


def pressing(name: str, typed: dict[str, str] | None = None) -> Reach:
    """Return how a form is sent by this button, with these texts by their labels."""

    def press(page: Page, _world: World) -> None:
        for label, text in (typed or {}).items():
            page.get_by_label(label).fill(text)
        with page.expect_navigation():
            page.get_by_role("button", name=name, exact=True).first.click()

    return press


def confirming(then: Reach | None = None) -> Reach:
    """Return how one goes on where the password may be asked for once more."""

    def confirm(page: Page, world: World) -> None:
        if "/confirm" in page.url:
            pressing("Go on", {"Password": PASSWORD})(page, world)
        if then is not None:
            then(page, world)

    return confirm
