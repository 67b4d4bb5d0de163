"""The ways to ask for rows. ``for_actor`` is the one entry: it keeps the wall between tenants."""

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from accounts.actor import Actor
    from accounts.models import AuditEvent, ServiceAccount


class ServiceAccountQuerySet(QuerySet["ServiceAccount"]):
    """Questions about service accounts."""

    def for_actor(self, actor: "Actor") -> Self:
        """Return the accounts of the actor's organization that are not deleted."""
        return self.filter(organization_id=actor.organization_id, deleted_at=None)


class AuditEventQuerySet(QuerySet["AuditEvent"]):
    """Questions about the audit log."""

    def for_actor(self, actor: "Actor") -> Self:
        """Return the lines of the actor's organization."""
        return self.filter(organization_id=actor.organization_id)
