"""What PostgreSQL does for the queries that the API really sends."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.clients import RestClient


class Plan:
    """What PostgreSQL did for one query."""

    def __init__(self, table: str, query: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}")
            told = cursor.fetchone()[0]
        top = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
        self.nodes = list(_below(top))
        self.buffers = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
        self.indexes = {node["Index Name"] for node in self.nodes if "Index Name" in node}
        self.table = table
        self.query = query

    def __repr__(self) -> str:
        kinds = [(n["Node Type"], n.get("Index Name"), n.get("Relation Name")) for n in self.nodes]
        return f"{kinds}, {self.buffers} buffers, {self.refused} refused, of {self.query[:2000]}"

    @property
    def scanned(self) -> set[str]:
        """The tables that it read as a whole."""
        return {n["Relation Name"] for n in self.nodes if n["Node Type"] == "Seq Scan"}

    @property
    def most_read(self) -> int:
        """How many rows it read in one place, wanted or not."""
        kinds = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        tables = (node for node in self.nodes if "Relation Name" in node)
        return max(
            (sum(n.get(kind, 0) for kind in kinds) * n["Actual Loops"] for n in tables), default=0
        )

    @property
    def scans_whole_table(self) -> bool:
        """Whether it read every row of the table that it is about."""
        return any(
            node["Node Type"] == "Seq Scan" and node["Relation Name"] == self.table
            for node in self.nodes
        )

    @property
    def sorts(self) -> bool:
        """Whether rows came in another order than was asked for."""
        return any(node["Node Type"] in {"Sort", "Incremental Sort"} for node in self.nodes)

    @property
    def refused(self) -> int:
        """How many rows it read and did not want, by whatever filter."""
        kinds = ("Rows Removed by Filter", "Rows Removed by Join Filter")
        return sum(
            node.get(kind, 0) * node["Actual Loops"] for node in self.nodes for kind in kinds
        )


def _below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _below(child)


def explained(rest: RestClient, address: str, table: str, status: int = 200) -> tuple[Plan, Any]:
    """Ask for ``address``; return the plan of its query about ``table``, and the answer.

    The answer is not held against the OpenAPI document, which takes far longer than the query.
    """
    with CaptureQueriesContext(connection) as sent:
        answer = rest.ask("GET", address, documented=False)
    assert answer.status_code == status, answer.content
    ways = (f'FROM "{table}"', f"FROM {table} ")  # Django's, and a statement of our own
    about = [q["sql"] for q in sent.captured_queries if any(way in q["sql"] for way in ways)]
    return Plan(table, about[-1]), answer


def pages_of(index: str) -> int:
    """Return how many blocks an index has: what a walk of all of it reads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpages FROM pg_class WHERE relname = %s", [index])
        return int(cursor.fetchone()[0])
