"""Lists of the admin: what their query asks for, found by walks that end.

A page must not cost more the more rows there are: an index leads to what one of its filters lets
through, and where others test what comes from there, they test so many rows and no more. An
export and an act on all that fits go on to the end, each step of their walk a query of its own:
whatever they ask, none runs into the database's limit on time.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleLessThan,
    TupleLessThanOrEqual,
)
from django.http import HttpRequest, QueryDict

from accounts.admin.filters import Filter
from accounts.redaction import holds_secret

if TYPE_CHECKING:
    from accounts.admin.records import Record

HAVE_IT_REVOKED = (
    "What you typed holds a secret, which stands in an address now: have it revoked. To find out"
    " whose a secret is, use “Who is this token?”."
)


STEP = 5_000
"""Rows that a walk to the end looks at in one query."""

Place = tuple[Any, ...]
"""The values of a row in the members by which rows are ordered."""


class Steps:
    """The steps along an order, from place to place, towards its end."""

    def __init__(self, order: Sequence[str]) -> None:
        self._order = order
        self._names = [name.removeprefix("-") for name in order]
        self._members = Tuple(*map(F, self._names))
        self._is_down = order[0] != self._names[0]

    def end(self, rows: QuerySet[Any], place: Place | None) -> Place | None:
        """Return the place of the last of ``STEP`` rows beyond ``place``; None before the end."""
        rest = self.between(rows, place, None).values_list(*self._names)
        return rest[STEP - 1 : STEP].first()

    def between(self, rows: QuerySet[Any], place: Place | None, end: Place | None) -> QuerySet[Any]:
        """Return the rows beyond ``place``, up to ``end``; None for no bound."""
        beyond, until = (
            (TupleLessThan, TupleGreaterThanOrEqual)
            if self._is_down
            else (TupleGreaterThan, TupleLessThanOrEqual)
        )
        # The first member by itself too: of pairs PostgreSQL does not know how many lie between.
        first, (lower, upper) = self._names[0], ("gte", "lte")
        after, before = (upper, lower) if self._is_down else (lower, upper)
        if place is not None:
            rows = rows.filter(beyond(self._members, place), **{f"{first}__{after}": place[0]})
        if end is not None:
            rows = rows.filter(until(self._members, end), **{f"{first}__{before}": end[0]})
        return rows.order_by(*self._order)


def has_secret(query: QueryDict) -> bool:
    """Say whether somebody typed a secret where it would be shown again."""
    return any(holds_secret(text) for name, texts in query.lists() for text in (name, *texts))


class StaffList(ChangeList):
    """Django's list, in an order that an index has: no query changes it to another.

    ``ended_at`` says how many rows a page looked at, where there were more than that.
    """

    ended_at: str = ""

    def __init__(self, request: HttpRequest, *args: Any, **facts: Any) -> None:
        self._request = request
        super().__init__(request, *args, **facts)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return the order of what leads to the rows, else the record's."""
        lead = self._lead
        return list(lead.order if lead and lead.order else self._record.get_ordering(request))

    def each(self) -> Iterator[list[Any]]:
        """Yield all rows that fit, step by step; a step in which none fits is empty."""
        rows, is_all = self._sought(self.root_queryset)
        walk = rows if is_all else self.root_queryset
        walk = self._lead.queryset(self._request, walk) if self._lead else walk
        for spec in self._on:
            walk, rows = spec.narrowed(walk), spec.queryset(self._request, rows)
        steps = Steps(self._walked())
        place: Place | None = None
        while True:
            end = steps.end(walk, place)
            yield list(steps.between(rows, place, end))
            if end is None:
                return
            place = end

    def get_results(self, request: HttpRequest) -> None:
        """Read one page."""
        self.queryset = self._bounded(request)
        super().get_results(request)
        if not self.multi_page:  # Django would ask for it without a limit
            self.result_list = self.queryset[: self.list_per_page]

    @property
    def neighbours(self) -> dict[str, str | None]:
        """Return the queries of the pages before and after, None where there is none."""
        page, last = self.page_num, self.paginator.num_pages
        return {
            "newer": self.get_query_string({PAGE_VAR: page - 1}) if page > 1 else None,
            "older": self.get_query_string({PAGE_VAR: page + 1}) if page < last else None,
        }

    @property
    def _record(self) -> "Record":
        return self.model_admin  # type: ignore[return-value]

    @property
    def _on(self) -> list[Filter]:
        """The filters that are on."""
        return [spec for spec in self.filter_specs if isinstance(spec, Filter) and spec.typed]

    @property
    def _lead(self) -> Filter | None:
        """The filter whose rows an index has in order; of several, the first."""
        return next((spec for spec in self._on if spec.leads), None)

    def _sought(self, rows: QuerySet[Any]) -> tuple[QuerySet[Any], bool]:
        """Return those of ``rows`` that the search finds, and if they are at once few and all."""
        text = self._record.sought_text(self.query)
        if not text:
            return rows, False
        some, is_all = self._record.find_some(rows, text)
        return (some if is_all else self._record.find(rows, text)), is_all

    def _walked(self) -> Sequence[str]:
        """Return the order of the walk to the end: one in which no member is None."""
        if self._lead and self._lead.order:
            return self._lead.order
        own = [str(name) for name in self._record.ordering or ()]
        return own if all(name.startswith("-") for name in own) else ["-pk"]

    def _bounded(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows from which the pages are cut."""
        rows: QuerySet[Any] = self.root_queryset
        if text := self._record.sought_text(self.query):
            rows, _ = self._record.find_some(rows, text)
        elif self._on and self._on != [self._lead]:
            rows = self._as_far_as_looked(request, rows)
        for spec in self._on:
            rows = spec.queryset(request, rows)
        return rows.order_by(*self.get_ordering(request, rows))

    def _as_far_as_looked(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return ``rows`` up to the last that is looked at, in the order of the walk."""
        walk = self._lead.queryset(request, rows) if self._lead else rows
        for spec in self._on:
            walk = spec.narrowed(walk) if spec.is_known else walk.none()
        order, most = self.get_ordering(request, rows), min(spec.most for spec in self._on)
        column = order[0].lstrip("-")
        edge = walk.order_by(*order).values_list(column, flat=True)[most : most + 1].first()
        if edge is None:
            return rows
        self.ended_at = f"{most:,}"
        return rows.filter(**{f"{column}__{'gte' if order[0] != column else 'lte'}": edge})
