"""Filters of the admin's lists: a choice, or a word that is typed."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import F, QuerySet
from django.http import HttpRequest

from accounts.models import Organization

LOOKED_AT = 10_000
"""Rows that a page tests by filters to which no index leads; an export tests all."""


class Filter(SimpleListFilter):
    """A filter that is shown as a field of the list's form.

    ``choices_offered`` are the values and their words; none for a word that is typed. A value
    that is not offered lets nothing through, and says so by an empty list.
    """

    choices_offered: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] = ()
    """The list's order when this filter leads to its rows; empty for the record's own."""
    most: int = LOOKED_AT
    """Rows that a page tests by it."""
    leads: bool = False
    """Whether an index has what it lets through, in order; others are tested."""
    input_type = "text"
    placeholder = ""

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Any:
        """Return what is offered."""
        return self.choices_offered

    def has_output(self) -> bool:
        """Return True: it is always shown."""
        return True

    @property
    def options(self) -> Iterator[tuple[str, str, bool]]:
        """Return each value that is offered, its words, and whether it is chosen."""
        return ((value, words, value == self.value()) for value, words in self.choices_offered)

    @property
    def typed(self) -> str:
        """Return what was typed or chosen; what no database takes becomes what nothing has."""
        return (self.value() or "").replace("\0", "\ufffd").strip()

    @property
    def is_known(self) -> bool:
        """Whether what was chosen is offered."""
        return not self.choices_offered or self.typed in dict(self.choices_offered)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that it lets through."""
        if not self.typed:
            return queryset
        if not self.is_known:
            return queryset.none()
        found: QuerySet[Any] = self.let_through(queryset, self.typed)
        return found

    def let_through(self, rows: Any, value: str) -> Any:
        """Return those of ``rows`` that fit ``value``, which is offered or was typed."""
        raise NotImplementedError

    def narrowed(self, rows: Any) -> Any:
        """Return those of ``rows`` between which and others the list's order can tell."""
        return rows


class IdFilter(Filter):
    """An id, which is typed or comes with a link; ``column`` holds it."""

    placeholder = "id"
    column = ""

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the rows with this id; none for what is no id."""
        wanted = id_in(value)
        return rows.none() if wanted is None else rows.filter(**{self.column: wanted})


class OrganizationFilter(Filter):
    """The organization of a thing; of several that have had a slug, the one that lived last."""

    title, parameter_name, placeholder = "Organization", "organization", "slug or id"
    leads = True

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the rows of the organization."""
        # By its id, so that the index which begins with it can be walked.
        own = _organization(value)
        return rows.none() if own is None else self.of_organization(rows, own)

    def of_organization(self, rows: Any, organization: UUID) -> Any:
        """Return the rows of one organization."""
        return rows.filter(organization_id=organization)


class CreatorFilter(Filter):
    """Who made a thing, by the name that stands on it or the id."""

    title, parameter_name, placeholder = "Created by", "creator", "name or id"

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the rows that somebody made."""
        own = id_in(value)
        return rows.filter(created_by_id=own) if own else rows.filter(created_by_name=value)


def id_in(text: str) -> UUID | None:
    """Return the id that ``text`` is, None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _organization(value: str) -> UUID | None:
    """Return the id of the organization that ``value`` means."""
    own = id_in(value)
    if own is not None:
        return own
    lived_last = F("deleted_at").desc(nulls_first=True)
    known = Organization.objects.filter(slug=value).order_by(lived_last)
    return known.values_list("pk", flat=True).first()
