"""No page of the admin's lists reads a whole table of tokens, or more than its walk may.

The queries are those that the pages really send, over 100,000 tokens with statistics.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.admin.filters import LOOKED_AT, Filter
from accounts.models import Membership, Organization, ServiceAccount, User
from accounts.roles import Role
from accounts.staff import StaffRole
from tests.admin.lists import ACCOUNTS, ORGANIZATIONS, TOKENS
from tests.admin.staff import browser_of, make_staff
from tests.database import crowd as made
from tests.database.plans import Plan
from tokens.models import Token

pytestmark = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="asks PostgreSQL for its plans"
)

MOST_QUERIES = 25
BIG = {"tokens_token", "tokens_tokenusage", "accounts_auditevent"}
"""Tables that are never read as a whole."""
PAGES = [
    "/admin/",
    TOKENS,
    f"{TOKENS}?p=30",
    *(f"{TOKENS}?status={status}" for status in ("active", "disabled", "expired", "revoked")),
    *(f"{TOKENS}?expiring={days}" for days in (7, 90)),
    *(f"{TOKENS}?unused={days}" for days in (30, 365)),
    *(f"{TOKENS}?organization={slug}" for slug in ("acme", "rival", "nowhere")),
    *(f"{TOKENS}?scope={scope}" for scope in ("read:releases", "write:billing")),
    *(f"{TOKENS}?creator={who}" for who in ("hand", "nobody", "{person}")),
    f"{TOKENS}?account={{account}}",
    f"{TOKENS}?account={{account}}&status=revoked",
    f"{TOKENS}?organization=acme&status=disabled&unused=30",
    f"{TOKENS}?organization=acme&expiring=90&scope=write:billing",
    f"{TOKENS}?status=revoked&scope=write:billing",
    *(f"{TOKENS}?q={text}" for text in ("many", "many-77", "name", "wdk_", "wdk_abcd", "nothing")),
    f"{TOKENS}?q={{token}}",
    f"{TOKENS}?q=many&status=active",
    f"{TOKENS}{{token}}",
    f"{TOKENS}{{token}}/history",
    ACCOUNTS,
    *(f"{ACCOUNTS}?status={status}" for status in ("active", "disabled", "deleted")),
    *(f"{ACCOUNTS}?unused={days}" for days in (30, 365)),
    f"{ACCOUNTS}?organization=acme",
    f"{ACCOUNTS}?scope=write:billing",
    f"{ACCOUNTS}?creator=hand",
    *(f"{ACCOUNTS}?q={text}" for text in ("many", "many-77", "owner@acme.test", "nothing")),
    f"{ACCOUNTS}{{account}}",
    f"{ACCOUNTS}{{account}}/history",
    ORGANIZATIONS,
    f"{ORGANIZATIONS}?q=acme",
    f"{ORGANIZATIONS}?q=owner@acme.test",
    f"{ORGANIZATIONS}{{organization}}",
    f"{ORGANIZATIONS}{{organization}}/history",
]


_USE = """
INSERT INTO tokens_tokenusage (token_id, last_used_at, last_refused_at)
SELECT id, now() - n % 500 * interval '1 day',
  CASE WHEN revoked_at IS NOT NULL THEN now() - n % 9 * interval '1 day' END
FROM (SELECT id, revoked_at, row_number() OVER (ORDER BY id) AS n FROM tokens_token) numbered
"""


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The crowd, made once in a transaction around those of the tests, and rolled back."""
    outermost: Any = transaction.atomic()
    outermost._from_testcase = True  # noqa: SLF001 - as TestCase marks its own: durable blocks may nest
    with django_db_blocker.unblock(), outermost:
        made.gather()
        with connection.cursor() as cursor:
            cursor.execute(_USE)
            cursor.execute("ANALYZE tokens_tokenusage")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def auditor(crowd: None, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The browser of an auditor, in that crowd.

    Over a tenth of a million tokens a page looks at a tenth: the whole would be as good a plan.
    """
    settings.WARDKEY_STAFF_MFA = False
    monkeypatch.setattr(Filter, "most", LOOKED_AT // 10)
    return browser_of(make_staff(StaffRole.AUDITOR))


@pytest.fixture
def facts(crowd: None, db: None) -> dict[str, Any]:
    """What the addresses name."""
    account = ServiceAccount.objects.get(organization__slug="acme", slug=made.MIXED)
    owner = Membership.objects.get(organization__slug="acme", role=Role.OWNER)
    return {
        "account": account.pk,
        "organization": Organization.objects.get(slug="acme").pk,
        "person": User.objects.get(pk=owner.user_id).pk,
        "token": Token.objects.filter(service_account=account).values_list("pk", flat=True)[77],
    }


def queries_of(browser: Client, address: str) -> list[str]:
    """Return the queries that a page sends."""
    with CaptureQueriesContext(connection) as sent:
        assert browser.get(address).status_code == 200
    return [q["sql"] for q in sent.captured_queries]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_reads_more_than_its_walk(
    auditor: Client, facts: dict[str, Any], page: str
) -> None:
    sent = queries_of(auditor, page.format(**facts))
    assert len(sent) <= MOST_QUERIES, sent
    about = re.compile("|".join(BIG))
    for plan in (Plan("", sql) for sql in sent if sql.startswith("SELECT") and about.search(sql)):
        assert not plan.scanned & BIG, plan
        assert plan.most_read <= LOOKED_AT + 1, plan


def test_the_pages_are_all_filters_and_searches(auditor: Client) -> None:
    for address in (TOKENS, ACCOUNTS):
        form = auditor.get(address).content.decode().partition('class="filters"')[2]
        form = form.partition("</form>")[0]
        offered = set(re.findall(r'<(?:select|input) [^>]*name="(\w+)"', form))
        asked = re.findall(rf"{address}\S*?[?&](\w+)=", " ".join(PAGES))
        assert offered
        assert offered <= set(asked) | set(re.findall(r"&(\w+)=", " ".join(PAGES)))
