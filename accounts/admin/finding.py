"""Finding by a text: several ways, each a walk of an index that ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.lookups import StartsWith

from accounts.admin.filters import id_in
from accounts.admin.records import Record
from accounts.querysets import START, Start

MOST_FOUND = 200
"""Rows that each way of finding leads to; whoever seeks among more types more."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find rows; ``order`` is that of the index which leads to them."""

    where: Q
    order: Sequence[Any] = ()


def begins(column: str, text: str) -> Way:
    """Return the way to the rows whose ``column`` begins with ``text``."""
    start = Start(column)
    where = Q(StartsWith(start, text[:START]))
    if len(text) > START:
        where &= Q(**{f"{column}__startswith": text})
    return Way(where, (start,))


def is_id(text: str) -> list[Way]:
    """Return the way to the row whose id ``text`` is; none where it is no id."""
    own = id_in(text)
    return [Way(Q(pk=own))] if own else []


class FoundRecord(Record):
    """A record whose search goes several ways."""

    def ways(self, text: str) -> list[Way]:
        """Return the ways to what ``text`` may mean."""
        raise NotImplementedError

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return all rows to which a way leads."""
        return rows.filter(reduce(or_, (way.where for way in self.ways(text))))

    def find_some(self, rows: QuerySet[Any], text: str) -> tuple[QuerySet[Any], bool]:
        """Return the first ``MOST_FOUND`` rows of each way, and whether there are no more."""
        # In the order of the index, or the database might take the table for the shorter walk.
        walks = (rows.filter(way.where).order_by(*way.order) for way in self.ways(text))
        found = [list(walk.values_list("pk", flat=True)[:MOST_FOUND]) for walk in walks]
        is_all = all(len(keys) < MOST_FOUND for keys in found)
        return rows.filter(pk__in=set(chain.from_iterable(found))), is_all
