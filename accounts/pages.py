"""Keyset pages: the rows after the last one that was seen (``contract.md`` section 6).

A page costs the same however deep. The cursor carries the last row's place, sealed, and is
bound to the organization, the address and the query that it was made for.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from accounts.actor import Actor
from accounts.errors import Fault
from accounts.request_errors import MalformedRequest
from accounts.seals import seal, unseal

LONGEST_CURSOR = 2000

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: by one field, then by id, in the same direction."""

    field: str
    descending: bool = False


SORTS = {
    "-createdAt": Order("created_at", descending=True),
    "createdAt": Order("created_at"),
    "name": Order("name_order"),
    "-name": Order("name_order", descending=True),
}
"""How service accounts and tokens can be sorted."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, and the cursor to the next one; None on the last."""

    rows: list[Row]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which page of which list: what a cursor is bound to, and where it stands.

    ``address`` is the list's path without its door; ``filters`` is the query but for its
    limit and cursor, as texts.
    """

    address: str
    filters: dict[str, str]
    limit: int
    cursor: str | None = None


def read_page(actor: Actor, rows: QuerySet[Row], order: Order, place: Place) -> Page[Row]:
    """Return the page of ``rows`` at ``place``.

    Raises:
        MalformedRequest: the cursor is not one of ours, or was made for another query.
    """
    bond = _bond(actor, order, place)
    if place.cursor is not None:
        lookup = TupleLessThan if order.descending else TupleGreaterThan
        last = _open(place.cursor, bond)
        # Where the tuple is written out as an OR (SQLite), a walk of the index can begin at
        # this plain bound alone.
        bound = {f"{order.field}__{'lte' if order.descending else 'gte'}": last[0]}
        rows = rows.filter(lookup(Tuple(F(order.field), F("pk")), last), **bound)
    sign = "-" if order.descending else ""
    found = list(rows.order_by(f"{sign}{order.field}", f"{sign}pk")[: place.limit + 1])
    if len(found) <= place.limit:
        return Page(found, None)
    return Page(found[: place.limit], _close(found[place.limit - 1], order, bond))


def _bond(actor: Actor, order: Order, place: Place) -> str:
    """Return what a cursor is bound to, short enough to travel in it."""
    organization = str(actor.organization_id)
    filters = sorted(place.filters.items())
    facts = [organization, place.address, order.field, order.descending, filters]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _close(row: Model, order: Order, bond: str) -> str:
    place = getattr(row, order.field)
    told = place.isoformat() if isinstance(place, datetime) else bytes(place).hex()
    row_id = row.pk if isinstance(row.pk, int) else str(row.pk)
    return seal("cursors", json.dumps([bond, told, row_id]).encode())


def _open(cursor: str, bond: str) -> tuple[datetime | bytes, UUID | int]:
    content = unseal("cursors", cursor) if len(cursor) <= LONGEST_CURSOR else None
    bound_to, told, row_id = json.loads(content) if content is not None else ("", "", "")
    if bound_to != bond:
        fault = Fault(location="query.cursor", message="is not a cursor of this query")
        raise MalformedRequest("The cursor cannot be used here.", [fault])
    last = datetime.fromisoformat(told) if "T" in told else bytes.fromhex(told)
    return last, row_id if isinstance(row_id, int) else UUID(row_id)
