"""ServiceAccount: a program's identity."""

import uuid
from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.organization import Organization
from accounts.models.shapes import HasScopeShape
from accounts.querysets import ServiceAccountQuerySet, Start


class ServiceAccount(models.Model):
    """A program's identity in an organization; its tokens are what it authenticates with.

    ``scopes`` is what its tokens get when they name none. A deleted account keeps
    its row, for the record; its slug and external id are free again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="service_accounts")
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    name_order = models.BinaryField(max_length=800, help_text="The name by code point.")
    search = models.TextField(help_text="Name and slug, folded.")
    description = models.TextField(null=True, blank=True, validators=[MaxLengthValidator(1000)])
    external_id = models.CharField(max_length=200, null=True, blank=True)
    scopes = models.JSONField(default=list, help_text='List of "action:module" texts.')
    created_at = models.DateTimeField(default=timezone.now)
    created_by_id = models.UUIDField()
    created_by_name = models.CharField(max_length=254)
    updated_at = models.DateTimeField(default=timezone.now)
    disabled_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ServiceAccountQuerySet] = ServiceAccountQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                condition=Q(deleted_at=None),
                name="service_account_slug_unique",
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=Q(deleted_at=None),
                name="service_account_external_id_unique",
            ),
            models.CheckConstraint(
                condition=HasScopeShape("scopes"), name="service_account_scopes_shape"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "created_at", "id"],
                condition=Q(deleted_at=None),
                name="service_account_by_age",
            ),
            models.Index(
                fields=["organization", "name_order", "id"],
                condition=Q(deleted_at=None),
                name="service_account_by_name",
            ),
            models.Index(
                fields=["organization", "created_at", "id"],
                condition=Q(deleted_at=None, disabled_at=None),
                name="service_account_active_by_age",
            ),
            models.Index(
                fields=["organization", "name_order", "id"],
                condition=Q(deleted_at=None, disabled_at=None),
                name="service_account_active_by_name",
            ),
            models.Index(
                fields=["organization", "created_at", "id"],
                condition=Q(deleted_at=None, disabled_at__isnull=False),
                name="service_account_off_by_age",
            ),
            models.Index(
                fields=["organization", "name_order", "id"],
                condition=Q(deleted_at=None, disabled_at__isnull=False),
                name="service_account_off_by_name",
            ),
            # The support staff's, who look at all organizations, and at deleted ones.
            models.Index(fields=["created_at", "id"], name="service_account_all_by_age"),
            models.Index(Start("search"), name="service_account_all_by_start"),
            models.Index(Start("slug"), name="service_account_all_by_slug"),
            models.Index(fields=["external_id"], name="service_account_all_by_ext_id"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_disabled(self) -> bool:
        """Whether its tokens are switched off."""
        return self.disabled_at is not None
