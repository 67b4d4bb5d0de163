"""Service accounts in the admin: found by name, slug or id."""

from typing import Any

from accounts.admin.cells import link_to, when
from accounts.admin.doors import StaffRequest
from accounts.admin.records import Record, Summary
from accounts.models import ServiceAccount


class ServiceAccountRecord(Record):
    """Every service account."""

    list_display = ("account", "created")
    ordering = ("-created_at", "-id")

    def summary(self, request: StaffRequest, thing: ServiceAccount) -> Summary:
        """Return what the page of an account shows."""
        return Summary(facts=[("Slug", thing.slug), ("Created", when(thing.created_at))])

    def account(self, row: ServiceAccount) -> Any:
        """Return its name, which leads to its page."""
        return link_to(row, row.name)

    def created(self, row: ServiceAccount) -> Any:
        """Return when it was made."""
        return when(row.created_at)
