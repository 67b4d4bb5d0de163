"""Rule 15: a batch is look-ups by index alone, whatever else the tables hold."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from tests.verify.rules.database import digest_of
from tests.verify.rules.real import Real, committed, on_postgresql, on_sqlite, shown
from tokens.services.issue import IssuedToken
from tokens.verify.live import BATCH
from tokens.verify.statements import BATCH_POSTGRESQL, batch_sqlite, found_in

ROWS = 20_000


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan's nodes."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes_of(part)


SEEDS = {
    "accounts_organization": "'id', md5('o' || g)",
    "accounts_serviceaccount": "'id', md5('a' || g), 'organization_id', md5('o' || g)",
    "tokens_token": "'id', md5('t' || g), 'organization_id', md5('o' || g),"
    " 'service_account_id', md5('a' || g),"
    " 'digest', '\\x' || encode(sha256(g::text::bytea), 'hex')",
}
"""In what row g differs from the one that is there."""


@pytest.fixture
def many(ci: IssuedToken) -> list[bytes]:
    """As many digests as a read takes, of many tokens, each of its own account and organization."""
    with connection.cursor() as cursor:
        for table, differs in SEEDS.items():
            cursor.execute(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(o, jsonb_build_object("
                f"{differs}, 'slug', 's-' || g))).* FROM {table} o, generate_series(1, {ROWS}) g"
            )
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("SELECT digest FROM tokens_token LIMIT %s", [BATCH])
        return [bytes(row[0]) for row in cursor.fetchall()]


@on_postgresql
def test_rule_15_a_batch_is_look_ups_by_index_alone(many: list[bytes]) -> None:
    """Of a generic plan, as lines have it, and of one that is made for these digests."""
    for mode in ("force_generic_plan", "force_custom_plan"):
        nodes = list(nodes_of(plan_of(many, mode)))
        ways = {node.get("Relation Name"): node["Node Type"] for node in nodes}
        for table in SEEDS:
            assert ways[table] == "Index Scan", mode
        assert not {node["Node Type"] for node in nodes} & {"Hash", "Merge Join", "Sort"}
    with connection.cursor() as cursor:
        cursor.execute(BATCH_POSTGRESQL, [many])
        assert len(found_in(cursor.fetchall(), None)) == BATCH  # type: ignore[arg-type]


def plan_of(digests: list[bytes], mode: str) -> dict[str, Any]:
    """Return how PostgreSQL looks for ``digests``."""
    asked = ", ".join(f"'\\x{digest.hex()}'::bytea" for digest in digests)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
        cursor.execute(f"PREPARE batch AS {BATCH_POSTGRESQL.replace('%s', '$1')}")
        cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE batch (ARRAY[{asked}])")
        [[[explained]]] = cursor.fetchall()
        cursor.execute("DEALLOCATE batch")
    plan: dict[str, Any] = explained["Plan"]
    return plan


@on_sqlite
def test_rule_15_sqlite_looks_each_row_up_by_its_index(ci: IssuedToken) -> None:
    with connection.cursor() as cursor:
        digests = [bytes([number]) * 32 for number in range(250)]
        cursor.execute(f"EXPLAIN QUERY PLAN {batch_sqlite(len(digests))}", digests)
        steps = [row[3] for row in cursor.fetchall()]
    for name in "tao":
        [step] = [step for step in steps if re.match(rf"(SEARCH|SCAN) {name}\b", step)]
        assert step.startswith(f"SEARCH {name} USING INDEX")


@committed
@on_postgresql
def test_rule_15_statements_are_prepared_and_their_plans_generic(real: Real, ci: Any) -> None:
    async def story(lines: Any) -> None:
        for _ in range(3):
            await lines.read([digest_of(shown(ci))])
            await lines.poll(1)
        for line in (lines._reading, lines._polling):  # noqa: SLF001
            plans = "SELECT generic_plans, custom_plans FROM pg_prepared_statements ORDER BY name"
            assert (await line.ask(plans, []))[0] == (3, 0)

    real.with_lines(story)
