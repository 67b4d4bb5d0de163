"""Pages on the wire: what a list is asked, how a page is answered (``contract.md`` section 6)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlencode

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.shapes import CleanText, Shape
from accounts.inputs import BadInput
from accounts.pages import LONGEST_CURSOR, Page, Place

DEFAULT_LIMIT, MOST_ITEMS = 50, 200


def _clean_limit(text: str) -> int:
    right = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_ITEMS))
    if not right or not 1 <= int(text) <= MOST_ITEMS:
        raise BadInput({"": f"must be a whole number from 1 to {MOST_ITEMS}"})
    return int(text)


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


def place_in(query: dict[str, Any], address: str) -> Place:
    """Return which page the values of a ``PageQuery`` ask for.

    Args:
        address: the path without its door.
    """
    filters = {name: str(value) for name, value in query.items() if name not in {"limit", "cursor"}}
    limit = query.get("limit", DEFAULT_LIMIT)
    return Place(address=address, filters=filters, limit=limit, cursor=query.get("cursor"))


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
