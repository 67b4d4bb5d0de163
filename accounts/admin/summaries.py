"""Summaries: what stands on the page of one thing in the admin."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.admin.history import Entry


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a summary: a few rows, and the way to all of them."""

    title: str
    head: Sequence[str]
    rows: list[list[Any]]
    all_at: str | None = None
    empty: str = "None."

    @property
    def lines(self) -> list[list[tuple[str, Any]]]:
        """Return each row, its cells with what their columns are called."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands on the page of one thing: facts and parts. What can be done comes beside it."""

    facts: list[tuple[str, Any]]
    sections: list[Section] = field(default_factory=list)
    entries: list[Entry] | None = None
    """The newest lines of its history; None for a page that does not show them."""
