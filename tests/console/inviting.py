"""Invitations as the tests make them."""

import re

from accounts.models import Membership
from tests.console.pages import browser_of, words_on

INVITATIONS = "/console/acme/invitations"
NEW = f"{INVITATIONS}/new"
LINK = re.compile(r"https?://[^/\s]+(/console/-/invitations/wdi_[A-Za-z0-9_-]{54})\b")


def link_for(member: Membership, role: str = "viewer", email: str = "") -> str:
    """Have a member invite somebody, and return the path of the link."""
    answer = browser_of(member).post(NEW, {"role": role, "email": email}, follow=True)
    assert answer.status_code == 200
    found = LINK.search(words_on(answer))
    assert found is not None
    return found[1]
