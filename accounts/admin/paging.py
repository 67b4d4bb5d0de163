"""Pages of the admin's lists: counted only so far, so that a million rows cost like a thousand."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from django.core.paginator import Paginator

if TYPE_CHECKING:
    from django.db.models import QuerySet

    _Base = Paginator[Any]
else:
    _Base = Paginator

MOST_SHOWN = 1_000
"""Rows that a list shows; whoever seeks among more narrows it."""


class BoundedPaginator(_Base):
    """Counts no further than ``MOST_SHOWN``; ``has_more`` says that there are more rows."""

    @cached_property
    def _counted(self) -> int:
        # In the list's own order, or the database might walk the table to find so many.
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.values("pk")[: MOST_SHOWN + 1].count()

    @property
    def count(self) -> int:
        """Return the rows that can be shown."""
        return min(self._counted, MOST_SHOWN)

    @property
    def has_more(self) -> bool:
        """Say whether there are rows that are not shown."""
        return self._counted > MOST_SHOWN
