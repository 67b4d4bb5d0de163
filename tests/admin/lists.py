"""What stands on the admin's lists."""

import html
import re
from typing import Any, TypeVar

from django.db.models import Model
from django.test import Client

from accounts.models import Membership, ServiceAccount
from tests.database.rows import account, token
from tokens.models import Token

TOKENS = "/admin/tokens/token/"
ACCOUNTS = "/admin/accounts/serviceaccount/"
ORGANIZATIONS = "/admin/accounts/organization/"

Row = TypeVar("Row", bound=Model)


def named_on(answer: Any) -> list[str]:
    """Return the names of the rows on a list's page, in their order."""
    found = re.findall(r"<b><a [^>]*>(.*?)</a></b>", _rows(answer))
    return [html.unescape(name) for name in found]


def rows_on(answer: Any) -> int:
    """Return how many rows the list on a page has."""
    return _rows(answer).count("<tr")


def _rows(answer: Any) -> str:
    assert answer.status_code == 200, answer
    page: str = answer.content.decode()
    return page.partition("<tbody")[2].partition("</tbody>")[0]


def listed(browser: Client, address: str, **query: str) -> list[str]:
    """Return the names that a list shows for a query."""
    return named_on(browser.get(address, query))


def make_token(owner: ServiceAccount, slug: str, **facts: Any) -> Token:
    """Return a new token of ``owner`` as a hand would write it."""
    return _written(token(owner, slug, name=facts.pop("name", slug)), facts)


def make_account(membership: Membership, slug: str, **facts: Any) -> ServiceAccount:
    """Return a new account in a member's organization as a hand would write it."""
    named = account(membership.organization, slug, name=facts.pop("name", slug))
    return _written(named, facts)


def _written(row: Row, facts: dict[str, Any]) -> Row:
    for member, value in facts.items():
        setattr(row, member, value)
    row.save(force_insert=True)
    return row
