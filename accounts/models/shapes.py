"""Checks that the database itself makes of stored scopes."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from accounts.scopes import ACTIONS


class HasScopeShape(models.Func):
    """True where a JSON column is a list of ``action:module`` texts.

    PostgreSQL has a pattern for it; SQLite has none, and counts what a scope is made of.
    """

    output_field = models.BooleanField()
    arity = 1

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, Any]:
        """Return the condition in PostgreSQL's words."""
        scope = r"\"(read|write|delete):(\*|[a-z][a-z0-9_]*)\"".replace('\\"', '"')
        template = f"((%(expressions)s)::text ~ '^\\[({scope}(, )?)*\\]$')"
        return super().as_sql(compiler, connection, template=template, **extra)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, Any]:
        """Return the condition in SQLite's words."""
        conditions = " AND ".join(_SQLITE_CONDITIONS)
        template = f"(CASE WHEN JSON_VALID(%(expressions)s) THEN {conditions} END)"
        return super().as_sql(compiler, connection, template=template, **extra)


def _count(text: str) -> str:
    """Return SQL that counts ``text`` in the column."""
    column = "%(expressions)s"
    return f"(LENGTH({column}) - LENGTH(REPLACE({column}, '{text}', ''))) / {len(text)}"


_QUOTE = '"'
_EACH = "JSON_ARRAY_LENGTH(%(expressions)s)"
_NEVER = (
    '*[^][a-z0-9_:*", ]*',  # other characters than scopes have
    "*[^,] *",  # a space that does not follow a comma
    '*[^"],*',  # a comma inside of a text
    "*:[^a-z*]*",  # a module that begins with something else than a letter
    "*[^:][*]*",  # a star that is not the module, or not the whole of it
    '*[*][^"]*',
)
_SQLITE_CONDITIONS = (
    "JSON_TYPE(%(expressions)s) = 'array'",
    f"{_count('[')} = 1",
    f"{_count(_QUOTE)} = 2 * {_EACH}",
    f"{_count(':')} = {_EACH}",
    " + ".join(_count(f"{_QUOTE}{action}:") for action in ACTIONS) + f" = {_EACH}",
    *(f"%(expressions)s NOT GLOB '{pattern}'" for pattern in _NEVER),
)
"""Each item is one text, has one colon, and begins with an action and a module."""
