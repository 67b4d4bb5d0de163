"""On SQLite too, a page begins where the one before ended, and is not sorted."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import Organization, ServiceAccount
from tests.clients import RestClient
from tests.database.rows import account, token

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="asks SQLite for its plans")

SOME = 5


@pytest.mark.parametrize(
    ("sort", "column"),
    [
        ("-createdAt", "created_at<"),
        ("createdAt", "created_at>"),
        ("name", "name_order>"),
        ("-name", "name_order<"),
    ],
)
@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("/service-accounts", "accounts_serviceaccount"),
        ("/service-accounts/deploy/tokens", "tokens_token"),
    ],
)
def test_a_page_begins_where_the_last_one_ended(
    rest: RestClient,
    acme: Organization,
    deploy: ServiceAccount,
    address: str,
    table: str,
    sort: str,
    column: str,
) -> None:
    for number in range(SOME):
        account(acme, f"account-{number}").save(force_insert=True)
        token(deploy, f"token-{number}").save(force_insert=True)
    first = rest.get(f"{address}?limit=2&sort={sort}").json()
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, *rest_of_it: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, *rest_of_it)

    with connection.execute_wrapper(note):
        second = rest.get(f"{address}?limit=2&sort={sort}&cursor={first['nextCursor']}").json()
    seen = [item["slug"] for item in [*first["items"], *second["items"]]]
    assert len(set(seen)) == len(seen) == 4
    # With parameters, as it is really sent: with values in their place SQLite knows more.
    [(query, params)] = [
        one for one in asked if f'FROM "{table}"' in one[0] and "LIMIT 3" in one[0]
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}", params)
        steps = [row[-1] for row in cursor.fetchall()]
    assert any(table in step and "INDEX" in step and column in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps
