"""The pages of an organization: its members, invitations, audit log, and itself."""

from playwright.sync_api import Page

from tests.browser.pages.state import State, pressing
from tests.browser.world import World


def open_entries(page: Page, _world: World) -> None:
    """Open all entries of the audit log."""
    for summary in page.locator("details.ev > summary").all():
        summary.click()


MEMBERS = "/console/acme/members"
INVITATIONS = "/console/acme/invitations"
PAGES: dict[str, list[State]] = {
    "accounts:members": [
        State("some", MEMBERS),
        State("viewer", MEMBERS, "vera"),
        State("many", "/console/crowded/members"),
        State("found nobody", f"{MEMBERS}?q=nobody"),
    ],
    "accounts:member": [
        State("developer", f"{MEMBERS}/{{dora}}"),
        State("owner", f"{MEMBERS}/{{ada}}", "bo"),
    ],
    "accounts:member-remove": [
        State("asked", f"{MEMBERS}/{{dora}}/remove"),
        State("the last owner", f"{MEMBERS}/{{ada}}/remove", status=200, reach=pressing("Remove")),
    ],
    "accounts:invitations": [
        State("some", INVITATIONS),
        State("none", "/console/quiet/invitations"),
    ],
    "accounts:invite": [
        State("blank", f"{INVITATIONS}/new"),
        State(
            "refused",
            f"{INVITATIONS}/new",
            reach=pressing("Make the link", {"E-mail address": "dora@example.com"}),
        ),
    ],
    "accounts:pending-invitation": [
        State("its link", f"{INVITATIONS}/new", reach=pressing("Make the link")),
        State("pending", f"{INVITATIONS}/{{invitation}}"),
        State("revoked", f"{INVITATIONS}/{{revoked_invitation}}"),
    ],
    "accounts:invitation": [
        State("a newcomer", "/console/-/invitations/{open_mark}", None),
        State(
            "a newcomer, refused",
            "/console/-/invitations/{mark}",
            None,
            reach=pressing("Make the account and join", {"Your name": "New"}),
        ),
        State("somebody known", "/console/-/invitations/{known_mark}", None),
        State("signed in", "/console/-/invitations/{open_mark}", "alone"),
        State("a member", "/console/-/invitations/{open_mark}"),
        State("over", "/console/-/invitations/{over_mark}", None, status=410),
    ],
    "accounts:audit-log": [
        State("some", "/console/acme/audit-log"),
        State("opened", "/console/acme/audit-log", reach=open_entries),
        State("many", "/console/crowded/audit-log"),
        State("nothing", "/console/acme/audit-log?to=2001-01-01"),
        State("refused", "/console/acme/audit-log?actor=nobody", status=422),
    ],
    "accounts:organization": [
        State("owner", "/console/acme/organization"),
        State("viewer", "/console/acme/organization", "vera"),
        State(
            "refused", "/console/acme/organization", reach=pressing("Save the name", {"Name": ""})
        ),
    ],
    "accounts:second-factor-rule": [
        State("without one", "/console/acme/organization/second-factors"),
    ],
}
