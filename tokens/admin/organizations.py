"""Organizations in the admin: found by name, slug, id or a member's e-mail address."""

from typing import Any

from accounts.admin.cells import link_to, when
from accounts.admin.doors import StaffRequest
from accounts.admin.records import Record, Summary
from accounts.models import AuditEvent, Organization


class OrganizationRecord(Record):
    """Every organization."""

    list_display = ("organization", "created")
    ordering = ("-created_at", "-id")

    def summary(self, request: StaffRequest, thing: Organization) -> Summary:
        """Return what the page of an organization shows."""
        return Summary(facts=[("Slug", thing.slug), ("Created", when(thing.created_at))])

    def history_of(self, thing: Organization) -> Any:
        """Return all that happened in it."""
        return AuditEvent.objects.for_staff().filter(organization_id=thing.pk)

    def organization(self, row: Organization) -> Any:
        """Return its name, which leads to its page."""
        return link_to(row, row.name)

    def created(self, row: Organization) -> Any:
        """Return when it was made."""
        return when(row.created_at)
