"""The pages of a person: getting in, and what they look after themselves."""

import re
import time

from playwright.sync_api import Page

from tests.browser.pages.state import State, confirming, pressing
from tests.browser.people import PASSWORD, email
from tests.browser.world import World
from tests.console.provider import ID

SIGN_IN = "/console/-/sign-in"
FORM = "/console/acme/service-accounts/-/new"
RESET_LINK = re.compile(r"/console/-/password/reset\S+")

as_mia = pressing("Sign in", {"Email": email("mia"), "Password": PASSWORD})
as_nobody = pressing("Sign in", {"Email": email("nobody"), "Password": "not a password of theirs"})


def wrong_code(page: Page, world: World) -> None:
    """Prove the password, and then not the second factor."""
    as_mia(page, world)
    pressing("Go on", {"Code": "no code"})(page, world)


def signed_out(page: Page, world: World) -> None:
    """Sign in and out again."""
    pressing("Sign in", {"Email": email("vera"), "Password": PASSWORD})(page, world)
    pressing("Sign out")(page, world)


def without_a_session(page: Page, world: World) -> None:
    """Send a form after its session has ended."""
    page.context.clear_cookies()
    pressing("Create service account", {"Name": "Half done"})(page, world)


def by_the_link(page: Page, world: World) -> None:
    """Ask for a link to set a new password, and follow it: mail goes to the terminal."""
    pressing("Send the link", {"Email": email("alone")})(page, world)
    for _ in range(100):
        if found := RESET_LINK.findall(world.installation.log.read_text()):
            page.goto(found[-1])
            return
        time.sleep(0.05)
    raise AssertionError("no mail")


NO_PAGE: dict[str, str] = {
    "accounts:home": "sends on to an organization or the choice of one",
    "accounts:sign-out": "takes a form only, and answers with another address",
    "accounts:passkey": "takes a form only; GET answers what the browser is to sign",
    "accounts:session-end": "takes a form only",
    "accounts:sessions-end-others": "takes a form only",
    "accounts:audit-log-export": "a file",
}
"""The addresses that show no page of their own, and why."""

PAGES: dict[str, list[State]] = {
    "accounts:sign-in": [
        State("blank", SIGN_IN, None),
        State("refused", SIGN_IN, None, reach=as_nobody),
        State("signed out", SIGN_IN, None, reach=signed_out),
    ],
    "accounts:second-factor": [
        State("asked", SIGN_IN, None, reach=as_mia),
        State("refused", SIGN_IN, None, reach=wrong_code),
    ],
    "accounts:single-sign-on": [State("somebody unknown", f"{SIGN_IN}/at/{ID}", None, status=403)],
    "accounts:single-sign-on-callback": [
        State("not begun here", f"{SIGN_IN}/at/{ID}/done?state=x", None, status=401)
    ],
    "accounts:go-on": [State("before it", FORM, reach=without_a_session)],
    "accounts:organizations": [
        State("several", "/console/-/organizations"),
        State("none", "/console/-/organizations", "alone"),
    ],
    "accounts:profile": [State("as it is", "/console/-/profile")],
    "accounts:confirm": [
        State("asked", "/console/-/confirm"),
        State("refused", "/console/-/confirm", reach=pressing("Go on", {"Password": "wrong"})),
    ],
    "accounts:password": [
        State("blank", "/console/-/password"),
        State("refused", "/console/-/password", reach=pressing("Change password")),
    ],
    "accounts:password-forgotten": [State("blank", "/console/-/password/forgotten", None)],
    "accounts:password-sent": [State("sent", "/console/-/password/sent", None)],
    "accounts:password-reset": [
        State("over", "/console/-/password/reset", None, status=410),
        State("by its link", "/console/-/password/forgotten", None, reach=by_the_link),
    ],
    "accounts:second-factors": [
        State("none", "/console/-/second-factors"),
        State("an app", "/console/-/second-factors", "mia"),
        State("demanded", "/console/strict/service-accounts", "nia"),
    ],
    "accounts:add-app": [
        State("its secret", "/console/-/second-factors/app", reach=confirming()),
        State(
            "refused", "/console/-/second-factors/app", reach=confirming(pressing("Add the app"))
        ),
    ],
    "accounts:add-passkey": [
        State("asked", "/console/-/second-factors/passkey", reach=confirming())
    ],
    "accounts:remove-factor": [
        State("asked", "/console/-/second-factors/{factor}/remove", "mia", reach=confirming()),
        State(
            "refused",
            "/console/-/second-factors/{factor}/remove",
            "mia",
            reach=confirming(pressing("Remove")),
        ),
    ],
    "accounts:new-recovery-codes": [
        State("asked", "/console/-/recovery-codes/new", "mia", reach=confirming())
    ],
    "accounts:recovery-codes": [
        State("shown", "/console/-/recovery-codes", "mia", status=410),
        State(
            "the first time",
            "/console/-/recovery-codes/new",
            "mia",
            reach=confirming(pressing("Make new codes")),
        ),
    ],
}
