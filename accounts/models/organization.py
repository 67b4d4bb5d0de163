"""Organization, the tenant."""

import uuid

from django.db import models
from django.db.models import Q


class Organization(models.Model):
    """The tenant: everything else belongs to one.

    While it is suspended, and for ever once it is deleted, none of its
    credentials is good. The row stays, for the record; its slug and external id
    are free again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    external_id = models.CharField(
        max_length=200, null=True, blank=True, help_text="Its name at external issuers; no UUID."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    requires_second_factor = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether a password alone signs nobody in.",
    )

    class Meta:
        ordering = ["slug", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"], condition=Q(deleted_at=None), name="organization_slug_unique"
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=Q(deleted_at=None),
                name="organization_external_id_unique",
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="organization_by_age")]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_live(self) -> bool:
        """Whether its credentials are good: neither suspended nor deleted."""
        return self.suspended_at is None and self.deleted_at is None
