"""Pages: keyset queries with sealed cursors (``contract.md`` section 6).

A page asks for the rows after the last one that was seen, so it costs the same
however deep. The cursor carries that row's place, encrypted and authenticated, and
is bound to the organization, the address and the query that it was made for.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from rest_framework import serializers
from rest_framework.response import Response

from accounts.actor import Actor
from accounts.api.shapes import CleanText, Shape
from accounts.errors import Fault
from accounts.inputs import BadInput
from accounts.keys import key_ring
from accounts.names import fold, has_control
from accounts.request_errors import MalformedRequest

DEFAULT_LIMIT, MOST_ITEMS = 50, 200
LONGEST_CURSOR = 2000
LONGEST_SEARCH = 200

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: by one field, then by id, in the same direction."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, and the cursor to the next one; None on the last."""

    rows: list[Row]
    next_cursor: str | None


def _clean_limit(text: str) -> int:
    right = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_ITEMS))
    if not right or not 1 <= int(text) <= MOST_ITEMS:
        raise BadInput({"": f"must be a whole number from 1 to {MOST_ITEMS}"})
    return int(text)


def clean_search(text: str) -> str:
    """Return what is searched for, folded as the searched values are."""
    if len(text) > LONGEST_SEARCH or has_control(text):
        raise BadInput({"": f"must be at most {LONGEST_SEARCH} characters, none of them control"})
    return fold(text)


def one_of(*choices: str) -> CleanText:
    """Return an optional query member that takes one of ``choices``."""

    def clean(text: str) -> str:
        if text not in choices:
            raise BadInput({"": f"must be one of: {', '.join(choices)}"})
        return text

    return CleanText(clean, schema={"enum": list(choices)}, required=False)


class PageQuery(Shape):
    """The query members that every list takes."""

    limit = CleanText(
        _clean_limit,
        schema={
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_ITEMS,
            "default": DEFAULT_LIMIT,
            "description": "How many items a page has at most.",
        },
        required=False,
    )
    cursor = CleanText(
        str,
        schema={
            "maxLength": LONGEST_CURSOR,
            "description": "`nextCursor` of the page before, for the same query.",
        },
        required=False,
    )


class PageOut(Shape):
    """One page of the list, in its order.

    ``page_of`` adds what its items are.
    """

    has_more = serializers.BooleanField(help_text="Whether a page follows.")
    next_cursor = serializers.CharField(
        required=False, help_text="Asks for the next page, as `cursor`; absent on the last."
    )
    example: ClassVar[dict[str, Any]] = {"hasMore": False}


@lru_cache
def page_of(shape: type[Shape]) -> type[PageOut]:
    """Return the shape of a page whose items are of ``shape``."""
    name = shape.__name__.removesuffix("Out")
    return type(
        f"{name}PageOut", (PageOut,), {"items": shape(many=True), "__doc__": PageOut.__doc__}
    )


def read_page(
    rows: QuerySet[Row], order: Order, query: dict[str, Any], *, actor: Actor, address: str
) -> Page[Row]:
    """Return the page of ``rows`` that ``query`` asks for.

    Args:
        query: the values of a ``PageQuery``; what is not ``limit`` or ``cursor`` binds
            the cursor.
        address: the path without its door, which binds it too.

    Raises:
        MalformedRequest: the cursor is not one of ours, or was made for another query.
    """
    limit = query.get("limit", DEFAULT_LIMIT)
    filters = {name: str(value) for name, value in query.items() if name not in {"limit", "cursor"}}
    bond = _bond(actor, address, order, filters)
    if (cursor := query.get("cursor")) is not None:
        lookup = TupleLessThan if order.descending else TupleGreaterThan
        place = _open(cursor, bond)
        # Where the tuple is written out as an OR (SQLite), a walk of the index can begin at
        # this plain bound alone.
        bound = {f"{order.field}__{'lte' if order.descending else 'gte'}": place[0]}
        rows = rows.filter(lookup(Tuple(F(order.field), F("pk")), place), **bound)
    sign = "-" if order.descending else ""
    found = list(rows.order_by(f"{sign}{order.field}", f"{sign}pk")[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    return Page(found[:limit], _seal(found[limit - 1], order, bond))


def page_response(path: str, query: Any, page: Page[Any], items: Sequence[Any]) -> Response:
    """Return the answer for a page whose rows are written as ``items``.

    Args:
        path: the request's own path, so that the link keeps its door.
        query: the query members as they were sent, for the link.
    """
    body: dict[str, Any] = {"items": items, "hasMore": page.next_cursor is not None}
    if page.next_cursor is None:
        return Response(body)
    body["nextCursor"] = page.next_cursor
    link = f"{path}?{urlencode({**query, 'cursor': page.next_cursor})}"
    return Response(body, headers={"Link": f'<{link}>; rel="next"'})


def _bond(actor: Actor, address: str, order: Order, filters: dict[str, str]) -> str:
    """Return what a cursor is bound to, short enough to travel in it."""
    organization = str(actor.organization_id)
    facts = [organization, address, order.field, order.descending, sorted(filters.items())]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _seal(row: Model, order: Order, bond: str) -> str:
    place = getattr(row, order.field)
    told = place.isoformat() if isinstance(place, datetime) else bytes(place).hex()
    content = json.dumps([bond, told, str(row.pk)]).encode()
    return _sealer().encrypt(content).decode().rstrip("=")


def _open(cursor: str, bond: str) -> tuple[datetime | bytes, UUID]:
    content = _unseal(cursor) if len(cursor) <= LONGEST_CURSOR else None
    if content is None or content[0] != bond:
        fault = Fault(location="query.cursor", message="is not a cursor of this query")
        raise MalformedRequest("The cursor cannot be used here.", [fault])
    _, told, row_id = content
    is_moment = "T" in told
    return datetime.fromisoformat(told) if is_moment else bytes.fromhex(told), UUID(row_id)


def _unseal(cursor: str) -> tuple[str, str, str] | None:
    """Return the bond and the row's place, None if we have not sealed it."""
    try:
        content = _sealer().decrypt(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (InvalidToken, UnicodeEncodeError):
        return None
    bond, told, row_id = json.loads(content)
    return bond, told, row_id


def _sealer() -> MultiFernet:
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(key.derive("cursors"))) for key in key_ring()]
    )
