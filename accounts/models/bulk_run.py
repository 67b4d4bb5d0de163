"""BulkRun and BulkItem: one act of the support staff on many things, and how far it is."""

import uuid
from enum import StrEnum

from django.db import models
from django.db.models import Q

from accounts.models.user import User
from accounts.staff import Act

ACTS = (Act.REVOKE, Act.DISABLE, Act.CHANGE_EXPIRY)
"""What is done to many things at once."""


class Outcome(StrEnum):
    """What became of one thing of a run."""

    PENDING = "pending"
    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"


class BulkRun(models.Model):
    """An act on many things: chosen, confirmed with a reason, done in batches.

    It does nothing until it begins, and goes on where it was broken off, by the same person.
    ``things`` is how many were chosen, ``has_more`` says that more fitted than one run takes.
    ``expires_at`` is the end that tokens get, None for none; only one of the acts gives it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    act = models.CharField(max_length=20, choices=[(act, act.capitalize()) for act in ACTS])
    things = models.PositiveIntegerField()
    has_more = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_index=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(act__in=[str(act) for act in ACTS]), name="bulk_run_act_known"
            ),
            models.CheckConstraint(
                condition=Q(begun_at=None, finished_at=None, reason="")
                | (Q(begun_at__isnull=False) & ~Q(reason="")),
                name="bulk_run_begun_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} of {self.created_at:%Y-%m-%d %H:%M}"


class BulkItem(models.Model):
    """One thing of a run, by its id, since ``accounts`` knows no tokens; ``why`` it was refused."""

    run = models.ForeignKey(
        BulkRun,
        models.CASCADE,
        related_name="items",
        db_index=False,  # bulk_item_unique begins with it
    )
    thing_id = models.UUIDField()
    outcome = models.CharField(
        max_length=10,
        choices=[(outcome, outcome.capitalize()) for outcome in Outcome],
        default=Outcome.PENDING,
    )
    why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "thing_id"], name="bulk_item_unique"),
            models.CheckConstraint(
                condition=Q(outcome__in=[str(outcome) for outcome in Outcome]),
                name="bulk_item_outcome_known",
            ),
        ]
        # The next batch, and what was refused, are walks of it.
        indexes = [models.Index(fields=["run", "outcome", "thing_id"], name="bulk_item_by_outcome")]

    def __str__(self) -> str:
        return f"{self.thing_id}: {self.outcome}"
