"""The pages of service accounts and their tokens."""

from playwright.sync_api import Page

from tests.browser.pages.state import State, pressing
from tests.browser.world import World

HOME = "/console/acme/service-accounts"
DEPLOY = f"{HOME}/deploy"
NIGHTLY = f"{HOME}/nightly-tests"
ODD = "/console/crowded/service-accounts/odd"


def open_menu(page: Page, _world: World) -> None:
    """Open the menu that narrow screens have."""
    page.set_viewport_size({"width": 375, "height": 800})
    page.locator("header.top summary").click()


def choose_scopes(page: Page, _world: World) -> None:
    """Show the scope picker, and a date to end on."""
    page.get_by_label("Choose scopes").check()
    page.get_by_label("Until a day").check()


def create_token(page: Page, _world: World) -> None:
    """Go on to the page of a secret."""
    page.get_by_label("Name").fill("Axe")
    page.get_by_role("button", name="Create token").click()
    page.wait_for_url("**/secret")


PAGES: dict[str, list[State]] = {
    "tokens:service-accounts": [
        State("some", HOME),
        State("some, menu open", HOME, reach=open_menu),
        State("many", "/console/crowded/service-accounts"),
        State("found nothing", f"{HOME}?q=nothing"),
        State("bad search", f"{HOME}?q=%00"),
        State("none", "/console/quiet/service-accounts"),
        State("viewer", HOME, "vera"),
        State("suspended", "/console/left/service-accounts", status=403),
        State("not theirs", "/console/nobody/service-accounts", status=404),
        State("after a session", HOME, None),
    ],
    "tokens:new-service-account": [
        State("blank", f"{HOME}/-/new"),
        State("refused", f"{HOME}/-/new", reach=pressing("Create service account")),
        State("some scopes locked", f"{HOME}/-/new", "dora"),
        State("viewer", f"{HOME}/-/new", "vera", status=403),
    ],
    "tokens:service-account": [
        State("each status", DEPLOY),
        State("viewer", DEPLOY, "vera"),
        State("many and odd", ODD),
        State("no tokens", f"{HOME}/status-page"),
        State("found nothing", f"{DEPLOY}?q=nothing"),
        State("disabled", f"{HOME}/retired"),
        State("gone", f"{HOME}/gone", status=404),
    ],
    "tokens:edit-service-account": [
        State("as it is", f"{DEPLOY}/edit"),
        State("refused", f"{DEPLOY}/edit", reach=pressing("Save changes", {"Name": ""})),
    ],
    "tokens:disable-service-account": [
        State("asked", f"{DEPLOY}/disable"),
        State("already", f"{HOME}/retired/disable"),
    ],
    "tokens:enable-service-account": [State("asked", f"{HOME}/retired/enable")],
    "tokens:delete-service-account": [
        State("in use", f"{DEPLOY}/delete"),
        State("refused", f"{DEPLOY}/delete", reach=pressing("Delete")),
        State("without tokens", f"{HOME}/status-page/delete"),
    ],
    "tokens:new-token": [
        State("blank", f"{DEPLOY}/tokens/-/new"),
        State("choosing", f"{DEPLOY}/tokens/-/new", reach=choose_scopes),
        State("refused", f"{DEPLOY}/tokens/-/new", reach=pressing("Create token")),
        State("some scopes locked", f"{DEPLOY}/tokens/-/new", "dora"),
        State("disabled account", f"{HOME}/retired/tokens/-/new"),
        State("viewer", f"{DEPLOY}/tokens/-/new", "vera", status=403),
    ],
    "tokens:revoke-tokens": [
        State("several", f"{DEPLOY}/tokens/-/revoke?token=production&token=staging"),
        State("none", f"{DEPLOY}/tokens/-/revoke"),
    ],
    "tokens:token": [
        State("active", f"{DEPLOY}/tokens/production"),
        State("expired", f"{DEPLOY}/tokens/trial"),
        State("revoked", f"{DEPLOY}/tokens/old-runner"),
        State("waits for its page", f"{NIGHTLY}/tokens/waiting"),
        State("never shown", f"{NIGHTLY}/tokens/never-seen"),
        State("a script for a name", f"{ODD}/tokens/odd-0"),
        State("a long name", f"{ODD}/tokens/odd-1"),
    ],
    "tokens:edit-token": [
        State("as it is", f"{DEPLOY}/tokens/production/edit"),
        State(
            "refused",
            f"{DEPLOY}/tokens/production/edit",
            reach=pressing("Save changes", {"Name": ""}),
        ),
    ],
    "tokens:revoke-token": [
        State("in use", f"{DEPLOY}/tokens/production/revoke"),
        State("refused", f"{DEPLOY}/tokens/production/revoke", reach=pressing("Revoke token")),
        State("not in use", f"{DEPLOY}/tokens/staging/revoke"),
    ],
    "tokens:secret": [
        State("the first time", f"{DEPLOY}/tokens/-/new", reach=create_token),
        State("never shown", f"{NIGHTLY}/tokens/never-seen/secret", status=410),
        State("shown", f"{DEPLOY}/tokens/production/secret", status=410),
    ],
}
