"""Checks that the database itself makes of stored scopes."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


class HasScopeShape(models.Func):
    """True where a JSON column is a list of ``action:module`` texts.

    PostgreSQL checks the form of each; SQLite, which has no patterns of its own,
    that it is a list and made of the characters that scopes have.
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
        template = (
            "(CASE WHEN JSON_VALID(%(expressions)s) THEN JSON_TYPE(%(expressions)s) = 'array' END"
            " AND (%(expressions)s) NOT GLOB '*[^][a-z0-9_:*\", ]*')"
        )
        return super().as_sql(compiler, connection, template=template, **extra)
