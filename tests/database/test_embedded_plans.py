"""On SQLite too, a page begins where the one before ended, and is not sorted."""

from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Membership, Organization, ServiceAccount
from accounts.pages import SORTS
from accounts.services.service_accounts import disable_service_account
from tests.clients import RestClient
from tests.database.rows import account, revoked, token
from tokens.status import Status

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="asks SQLite for its plans")

SOME = 5
WALKS = {
    "/service-accounts": {
        "": "service_account",
        "active": "service_account_active",
        "disabled": "service_account_off",
    },
    "/service-accounts/deploy/tokens": {
        "": "token",
        Status.REVOKED: "token_revoked",
        Status.EXPIRED: "token_live",
        Status.DISABLED: "token_live",
        Status.ACTIVE: "token_live",
    },
}
"""By list and status, what the index is called, but for its order."""


def make_some(acme: Organization, deploy: ServiceAccount) -> None:
    """Make accounts and tokens, some of each status; `deploy` itself is not disabled."""
    now = timezone.now()
    for number in range(SOME):
        account(acme, f"on-{number}").save(force_insert=True)
        account(acme, f"off-{number}", disabled_at=now).save(force_insert=True)
        token(deploy, f"live-{number}").save(force_insert=True)
        token(deploy, f"expired-{number}", expires_at=now).save(force_insert=True)
        token(deploy, f"revoked-{number}", **revoked()).save(force_insert=True)


def explained(rest: RestClient, address: str, table: str) -> tuple[list[str], Any]:
    """Ask for ``address``; return the steps of its query of a page of ``table``, and the answer."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, *rest_of_it: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, *rest_of_it)

    with connection.execute_wrapper(note):
        answer = rest.get(address).json()
    # With parameters, as it is really sent: with values in their place SQLite knows more.
    [(query, params)] = [
        one for one in asked if f'FROM "{table}"' in one[0] and "LIMIT 3" in one[0]
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}", params)
        return [row[-1] for row in cursor.fetchall()], answer


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(
    ("address", "status"), [(address, status) for address in WALKS for status in WALKS[address]]
)
def test_a_page_begins_where_the_last_one_ended(
    rest: RestClient,
    acme: Organization,
    deploy: ServiceAccount,
    address: str,
    status: str,
    sort: str,
) -> None:
    make_some(acme, deploy)
    if status == Status.DISABLED:
        disable_service_account(Actor.system(acme.id), deploy)
    order = SORTS[sort]
    table = "tokens_token" if address.endswith("/tokens") else "accounts_serviceaccount"
    asked_for = f"{address}?limit=2&sort={sort}" + (f"&status={status}" if status else "")
    first = rest.get(asked_for).json()
    steps, second = explained(rest, f"{asked_for}&cursor={first['nextCursor']}", table)
    seen = [item["slug"] for item in [*first["items"], *second["items"]]]
    assert len(set(seen)) == len(seen) == 4
    index = f"{WALKS[address][status]}_by_{'name' if 'name' in sort else 'age'} "
    begin = f"{order.field}{'<' if order.descending else '>'}"
    assert any(index in step and begin in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


@pytest.mark.parametrize(
    "query",
    [
        "&".join(chosen)
        for many in range(4)
        for chosen in combinations(
            ("action=token.issued", f"actor={UUID(int=7)}", f"target={UUID(int=8)}"), many
        )
    ],
)
def test_the_log_is_filtered_by_its_indexes(
    owner: Membership, rest: RestClient, query: str
) -> None:
    steps, _ = explained(rest, f"/audit-events?limit=2&{query}", "accounts_auditevent")
    assert len(steps) == 1, steps
    assert "USING INDEX audit_by_" in steps[0], steps
    for name in ("action", "actor", "target"):
        assert (f"audit_by_{name}" not in steps[0]) or name in query, steps
    assert (query == "") == ("audit_by_age" in steps[0]), steps
