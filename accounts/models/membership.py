"""Membership: a user's role in an organization."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.organization import Organization
from accounts.models.user import User
from accounts.querysets import MembershipQuerySet
from accounts.roles import Role


class Membership(models.Model):
    """A user's role in an organization.

    A removed member keeps the row, with ``removed_at``: who was removed is not
    taken in again by signing in from outside, only by being added by name.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role, role.title()) for role in Role])
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organization"], name="membership_unique"),
            models.CheckConstraint(
                condition=Q(role__in=[str(role) for role in Role]), name="membership_role_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "role"],
                condition=Q(removed_at=None),
                name="membership_live_role",
            ),
            models.Index(
                fields=["organization", "created_at", "id"],
                condition=Q(removed_at=None),
                name="membership_by_age",
            ),
        ]

    def __str__(self) -> str:
        verb = "is" if self.removed_at is None else "was"
        return f"{self.user} {verb} {self.role} of {self.organization}"
