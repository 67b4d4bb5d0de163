"""Filters of the admin's lists: a choice, or a word that is typed."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest


class Filter(SimpleListFilter):
    """A filter that is shown as a field of the list's form.

    ``choices_offered`` are the values and their words; none for a word that is typed. A value
    that is not offered lets nothing through, and says so by an empty list.
    """

    choices_offered: tuple[tuple[str, str], ...] = ()
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
        """Return what was typed or chosen."""
        return (self.value() or "").replace("\0", "").strip()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that it lets through."""
        if not self.typed:
            return queryset
        if self.choices_offered and self.typed not in dict(self.choices_offered):
            return queryset.none()
        found: QuerySet[Any] = self.let_through(queryset, self.typed)
        return found

    def let_through(self, rows: Any, value: str) -> Any:
        """Return those of ``rows`` that fit ``value``, which is offered or was typed."""
        raise NotImplementedError


class OrganizationFilter(Filter):
    """The organization of a thing, by its slug; deleted ones too."""

    title, parameter_name, placeholder = "Organization", "organization", "slug"

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the rows of the organizations that have, or had, the slug."""
        return rows.filter(organization__slug=value)
