"""Every row of the database, to show that an act changed nothing, or nothing of a neighbour's."""

from typing import Any

from django.apps import apps

Rows = dict[tuple[str, str], dict[str, Any]]


def all_rows() -> Rows:
    """Return every row of every table, by table and key, with bytes as they are stored."""
    return {
        (model._meta.label, str(row[model._meta.pk.attname])): {  # noqa: SLF001 - documented model API
            name: bytes(value) if isinstance(value, memoryview) else value
            for name, value in row.items()
        }
        for model in apps.get_models()
        for row in model._base_manager.values()  # noqa: SLF001 - unfiltered, whatever a manager hides
    }


def unchanged(before: Rows) -> bool:
    """Say whether each row of ``before`` is still there as it was; others may have come."""
    after = all_rows()
    return {place: after.get(place) for place in before} == before
