"""RefreshFamily: the refresh tokens that descend from one sign-in."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models.membership import Membership


class RefreshFamily(models.Model):
    """The refresh tokens that descend from one sign-in; only the latest is good.

    Kept as a keyed digest. Using an older one ends the family (RFC 9700 section 4.14.2).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="refresh_families")
    digest = models.BinaryField(max_length=32, help_text="HMAC-SHA-256 of the latest one.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    second_factor = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether a second factor was proved at the sign-in.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], name="refresh_family_by_end"),
            models.Index(
                fields=["membership"], condition=Q(ended_at=None), name="refresh_family_live"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
