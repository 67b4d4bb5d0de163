"""ForwardKey: a key that signs identities for the services behind gateways."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ForwardKey(models.Model):
    """One of the three keys whose public halves are told.

    The private half is sealed under the server key ``key_id``; the public half is read from it,
    so that nobody who can write to the database alone can add a key of their own.
    """

    class Place(models.TextChoices):
        """What a key is for: it signs, it will, or it has until lately."""

        NEXT = "next"
        CURRENT = "current"
        PREVIOUS = "previous"

    kid = models.CharField(primary_key=True, max_length=43)
    place = models.CharField(max_length=8, choices=Place, unique=True)
    key_id = models.CharField(max_length=32)
    sealed = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["ForwardKey"]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(place__in=["next", "current", "previous"]), name="forward_key_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.kid}"
