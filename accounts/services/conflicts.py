"""Which constraint a write has broken."""

from django.db import IntegrityError


def broken_constraint(fault: IntegrityError) -> str:
    """Return a text that names the constraint: PostgreSQL's name for it, or SQLite's columns.

    Nothing of the row stands in it: PostgreSQL's full message holds the values, which may
    read like anything.
    """
    facts = getattr(fault.__cause__, "diag", None)
    return str(facts.constraint_name if facts is not None else fault)
