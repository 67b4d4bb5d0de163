"""What a list is asked by its address: search, status, sort and page, and the links to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.inputs import BadInput, clean_search
from accounts.pages import SORTS, Order, Place
from accounts.redaction import redact

ROWS = 15
"""Rows of a page: so many that it ships under 60 KB with its style and script. Where every name has
200 characters of three bytes, and every slug 100, it may be 90: short rows for all would cost more.
"""
DEFAULT_SORT = "-createdAt"


@dataclass(frozen=True, slots=True)
class Link:
    """One choice of a list: its address, its words, and whether it is the one that is shown."""

    address: str
    words: str
    is_current: bool


class Listing:
    """The question that a list's address holds; a value that is not offered counts as none.

    ``sought`` is folded as the searched values are; ``error`` says why it cannot be searched
    for. ``typed`` is the search as it was typed.
    """

    def __init__(self, request: HttpRequest, statuses: Sequence[str]) -> None:
        query = request.GET
        self._path = request.path
        self.typed = redact(query.get("q", ""))
        self.status = query["status"] if query.get("status") in statuses else None
        self.sort = query["sort"] if query.get("sort") in SORTS else DEFAULT_SORT
        self.cursor = query.get("cursor") or None
        self.sought, self.error = "", ""
        try:
            self.sought = clean_search(self.typed.strip())
        except BadInput:
            self.error = _("This is too long to search for, or holds control characters.")

    @property
    def order(self) -> Order:
        """The order of the rows."""
        return SORTS[self.sort]

    @property
    def place(self) -> Place:
        """Where in the list the page stands."""
        filters = {"sought": self.sought, "status": self.status or ""}
        return Place(address=self._path, filters=filters, limit=ROWS, cursor=self.cursor)

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for less than all."""
        return bool(self.typed or self.status)

    def sorts(self) -> list[Link]:
        """Return the links to the orders."""
        words = {
            "-createdAt": _("Newest"),
            "createdAt": _("Oldest"),
            "name": _("A to Z"),
            "-name": _("Z to A"),
        }
        return [
            Link(self._address(sort=sort), words[sort], is_current=sort == self.sort)
            for sort in words
        ]

    def statuses(self, words: dict[str, str]) -> list[Link]:
        """Return the links to all rows and to those of each status in ``words``."""
        every = Link(self._address(status=""), _("All"), is_current=self.status is None)
        return [
            every,
            *(
                Link(self._address(status=status), told, is_current=status == self.status)
                for status, told in words.items()
            ),
        ]

    def next(self, cursor: str | None) -> str | None:
        """Return the address of the next page; None after the last."""
        return None if cursor is None else self._address(cursor=cursor)

    def first(self) -> str | None:
        """Return the address of the first page; None on it."""
        return None if self.cursor is None else self._address()

    def _address(self, **changed: str) -> str:
        sort = "" if self.sort == DEFAULT_SORT else self.sort
        asked = {"q": self.typed, "status": self.status or "", "sort": sort} | changed
        if asked["sort"] == DEFAULT_SORT:
            asked["sort"] = ""
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self._path}?{query}" if query else self._path
