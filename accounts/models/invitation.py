"""Invitation: a link by which somebody may become a member, once."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.organization import Organization
from accounts.models.user import User
from accounts.querysets import InvitationQuerySet
from accounts.roles import Role


class Invitation(models.Model):
    """One place in an organization, for whoever shows the mark that is in the link.

    The mark is not stored; it is found by its keyed digest. ``email`` is where the link was
    sent, None where the inviter hands it on. ``inviter`` is None for the operator. Rows stay,
    for the record, until they are cleaned up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=20, choices=[(role, role.title()) for role in Role])
    email = models.EmailField(max_length=254, null=True, blank=True)
    digest = models.BinaryField(max_length=32, unique=True, help_text="HMAC-SHA-256.")
    inviter = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    inviter_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[str(role) for role in Role]), name="invitation_role_known"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_ended_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "created_at", "id"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_pending",
            )
        ]

    def __str__(self) -> str:
        return f"invitation to {self.organization} as {self.role}"

    @property
    def slug(self) -> str | None:
        """What the audit log calls it: the e-mail address that it was sent to."""
        return self.email

    def is_pending(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at
