"""``manage.py migrate``: Django's, one at a time."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from config.operations.alone import alone

LOCK = 0x77617264  # "ward"; no other advisory lock is taken with one number
LOCK_MILLISECONDS = 10_000


class Command(Migrate):
    """Waits until another one that runs has ended, and then finds nothing left to do.

    Django itself does not: two nodes that start at once would both make the same table, and
    one would stop half-way through its start.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, alone."""
        connection = connections[options["database"]]
        alone = _alone_on_postgresql if connection.vendor == "postgresql" else _alone_on_a_file
        with alone(connection):
            super().handle(*args, **options)


@contextlib.contextmanager
def _alone_on_postgresql(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold a lock of the session; it ends with the process, however that ends.

    Statements may take their time here: an index over many rows takes longer than a request
    may. A lock is waited for as long as elsewhere, since who waits for one stops all others.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute(f"SET lock_timeout = {LOCK_MILLISECONDS}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            cursor.execute("RESET statement_timeout")
            cursor.execute("RESET lock_timeout")


@contextlib.contextmanager
def _alone_on_a_file(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold a file beside the database."""
    if connection.is_in_memory_db():  # type: ignore[attr-defined]  # SQLite's, where it is asked
        yield
        return
    with alone(Path(f"{connection.settings_dict['NAME']}.migrating")):
        yield
