"""AuditEvent: one line of the log."""

import uuid
from typing import ClassVar

from django.db import models

from accounts.querysets import AuditEventQuerySet


class AuditEvent(models.Model):
    """One change of state: who did what to which thing of which organization.

    Plain ids and names, no foreign keys: a line stays true whatever becomes of
    the things. The database refuses to change or delete one (``accounts/triggers.py``).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization_id = models.UUIDField()
    at = models.DateTimeField()
    action = models.CharField(max_length=60, help_text="Past tense, noun.verb.")
    actor_id = models.UUIDField()
    actor_name = models.CharField(max_length=254)
    actor_type = models.CharField(max_length=20)
    target_type = models.CharField(max_length=40)
    target_id = models.UUIDField()
    target_slug = models.CharField(max_length=254, null=True, blank=True)
    changes = models.JSONField(default=dict, help_text="Member: {before, after}.")
    request_id = models.CharField(max_length=128)
    address = models.GenericIPAddressField(null=True, blank=True)

    objects: ClassVar[AuditEventQuerySet] = AuditEventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-at", "-id"]
        # One index for each filter. Where several are asked for, one is walked, and the others
        # are tested in the columns that follow its order: no line is read in vain.
        indexes = [
            models.Index(fields=["organization_id", "at", "id"], name="audit_by_age"),
            models.Index(
                fields=["organization_id", "action", "at", "id", "actor_id", "target_id"],
                name="audit_by_action",
            ),
            models.Index(
                fields=["organization_id", "actor_id", "at", "id", "action", "target_id"],
                name="audit_by_actor",
            ),
            models.Index(
                fields=["organization_id", "target_id", "at", "id", "action", "actor_id"],
                name="audit_by_target",
            ),
            models.Index(fields=["at", "id"], name="audit_all_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_slug or self.target_id}"
