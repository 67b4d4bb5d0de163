"""The real database as lines see it: what is written is committed by somebody else."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connection

from tokens.secret import TokenSecret
from tokens.services.issue import IssuedToken
from tokens.verify.lines import Lines, SqliteLines, open_lines

R = TypeVar("R")

on_postgresql = pytest.mark.skipif(
    "connection.vendor == 'sqlite'", reason="only PostgreSQL can break this"
)
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own way")
committed = pytest.mark.django_db(transaction=True)


class Real:
    """A database that lines connect to.

    On SQLite a copy in a file: the suite's own is in memory, where only Django finds it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "copy.sqlite3"
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            copy = sqlite3.connect(self._file)
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode = WAL")
            copy.close()

    def with_lines(self, story: Callable[[Any], Awaitable[R]]) -> R:
        """Return what ``story`` returns of lines that are opened for it."""

        async def whole() -> R:
            lines: Lines
            if connection.vendor == "sqlite":
                lines = SqliteLines(str(self._file))
            else:
                lines = await open_lines()
            try:
                return await story(lines)
            finally:
                lines.cut()

        return asyncio.run(whole())

    async def execute(self, statement: str) -> None:
        """Execute a statement over Django's connection, or another; committed at once."""
        await asyncio.to_thread(self._execute, statement)

    def _execute(self, statement: str) -> None:
        if connection.vendor == "sqlite":
            other = sqlite3.connect(self._file, isolation_level=None)
            other.execute(statement)
            other.close()
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


def shown(issued: IssuedToken) -> TokenSecret:
    """Return the secret of a token that was just issued."""
    assert issued.secret is not None
    return issued.secret
