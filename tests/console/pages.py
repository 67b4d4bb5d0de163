"""Browsers in which a member has signed in, and the words on the pages that they get."""

import html
import re
from typing import Any

from django.test import Client

from accounts.models import Membership
from tests.house.tree import ROOT

STATIC = ROOT / "static"


def browser_of(membership: Membership) -> Client:
    """Return a browser in which this member has signed in."""
    browser = Client()
    browser.force_login(membership.user)
    return browser


def words_on(answer: Any) -> str:
    """Return the text of a page, without markup and with single spaces."""
    page = answer.content.decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def is_page(answer: Any) -> bool:
    """Say whether an answer is a page, or leads to one, and no crash."""
    leads = answer.status_code in {302, 303}
    return leads or (answer.status_code < 500 and answer["Content-Type"].startswith("text/html"))


def weight_of(answer: Any) -> int:
    """Return the bytes that a page ships, with its style and its script."""
    files = ("wardkey.css", "wardkey.js")
    return len(answer.content) + sum((STATIC / file).stat().st_size for file in files)
