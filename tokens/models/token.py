"""Token: a credential of one service account."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organization, ServiceAccount
from accounts.models.shapes import HasScopeShape
from accounts.querysets import Start
from tokens.querysets import OF_STAFF, EndOrNever, TokenQuerySet
from tokens.status import Status


class Token(models.Model):
    """A credential of one service account, known here only by its digest.

    The secret is not stored and cannot be had back. ``scopes`` None follows the
    account's scopes; an empty list means none. Rows stay after revoking. A trigger
    keeps in ``ended_scopes`` what an ended token followed when the account's scopes
    change later, and another that ``organization`` is the account's
    (``tokens/triggers.py``).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="tokens")
    service_account = models.ForeignKey(
        ServiceAccount,
        models.PROTECT,
        related_name="tokens",
        db_index=False,  # token_by_age begins with it
    )
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    name_order = models.BinaryField(max_length=800, help_text="The name by code point.")
    search = models.TextField(help_text="Name, slug and prefix, folded.")
    description = models.TextField(null=True, blank=True, validators=[MaxLengthValidator(1000)])
    scopes = models.JSONField(null=True, blank=True, help_text='List of "action:module" texts.')
    ended_scopes = models.JSONField(null=True, blank=True, editable=False)
    prefix = models.CharField(max_length=30, help_text="Start of the secret, safe to show.")
    digest = models.BinaryField(max_length=32, unique=True, help_text="HMAC-SHA-256.")
    key_id = models.CharField(max_length=32, help_text="The server key of the digest.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by_id = models.UUIDField()
    created_by_name = models.CharField(max_length=254)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by_id = models.UUIDField(null=True, blank=True)
    revoked_by_name = models.CharField(max_length=254, null=True, blank=True)

    last_used_at: datetime | None = None
    """When it was last good, as far as it is written; set by the querysets that look it up."""

    objects: ClassVar[TokenQuerySet] = TokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service_account", "name"],
                condition=Q(revoked_at=None),
                name="token_live_name_unique",
            ),
            models.UniqueConstraint(fields=["service_account", "slug"], name="token_slug_unique"),
            models.CheckConstraint(
                condition=Q(scopes__isnull=True) | Q(HasScopeShape("scopes")),
                name="token_scopes_shape",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by_id=None, revoked_by_name=None)
                | Q(
                    revoked_at__isnull=False,
                    revoked_by_id__isnull=False,
                    revoked_by_name__isnull=False,
                ),
                name="token_revoked_by_somebody",
            ),
        ]
        # Each status in each order is a walk of one index. Whether a token has expired depends
        # on the clock, so no condition of an index can say it: the walk of the live ones tests
        # their end in the index itself, and reads no row that it does not return.
        indexes = [
            models.Index(fields=["service_account", "created_at", "id"], name="token_by_age"),
            models.Index(fields=["service_account", "name_order", "id"], name="token_by_name"),
            models.Index(
                "service_account",
                "created_at",
                "id",
                EndOrNever("expires_at"),
                condition=Q(revoked_at=None),
                name="token_live_by_age",
            ),
            models.Index(
                "service_account",
                "name_order",
                "id",
                EndOrNever("expires_at"),
                condition=Q(revoked_at=None),
                name="token_live_by_name",
            ),
            models.Index(
                fields=["service_account", "created_at", "id"],
                condition=Q(revoked_at__isnull=False),
                name="token_revoked_by_age",
            ),
            models.Index(
                fields=["service_account", "name_order", "id"],
                condition=Q(revoked_at__isnull=False),
                name="token_revoked_by_name",
            ),
            models.Index(fields=["key_id"], condition=Q(revoked_at=None), name="token_live_by_key"),
            # The support staff's, who look at all organizations.
            models.Index(fields=["created_at", "id"], name="token_all_by_age"),
            models.Index(OF_STAFF, "created_at", "id", name="token_of_organization"),
            models.Index(fields=["created_by_id", "created_at", "id"], name="token_by_creator"),
            models.Index(
                fields=["created_by_name", "created_at", "id"], name="token_by_creator_name"
            ),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(revoked_at__isnull=False),
                name="token_all_revoked_by_age",
            ),
            models.Index(
                fields=["expires_at", "id"],
                condition=Q(revoked_at=None),
                name="token_all_live_by_end",
            ),
            models.Index(Start("search"), name="token_all_by_start"),
            models.Index(Start("slug"), name="token_all_by_slug"),
            models.Index(Start("prefix"), name="token_all_by_prefix"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def inherits_scopes(self) -> bool:
        """Whether it named no scopes and so follows the account's."""
        return self.scopes is None

    @property
    def effective_scopes(self) -> list[str]:
        """What it may do, or could at its end."""
        if self.scopes is not None:
            return list(self.scopes)
        ended = self.ended_scopes
        return list(self.service_account.scopes if ended is None else ended)

    def status(self, now: datetime) -> Status:
        """Return what it is at ``now`` (aware): the first status that holds, in their order."""
        if self.revoked_at is not None:
            return Status.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return Status.EXPIRED
        return Status.DISABLED if self.service_account.is_disabled else Status.ACTIVE
