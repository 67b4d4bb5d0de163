"""Filling tables with a million rows in a minute or two."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = current_schema AND tablename = ANY(%s)
  AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


@contextlib.contextmanager
def filling(*tables: str) -> Iterator[Any]:
    """Yield a cursor of one transaction, in which ``tables`` have fewer indexes and no triggers.

    An index that is made over the finished rows costs a fraction of one that grows with them;
    foreign keys are not looked up, so rows must be right by themselves. Afterwards the tables
    are as before, and the planner knows them. It needs PostgreSQL's superuser.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield cursor
        for _, definition in indexes:
            cursor.execute(definition)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
