"""The audit log, read as a whole: batch by batch, so that no length of it fills the memory."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from accounts.actor import Actor
from accounts.models import AuditEvent
from accounts.querysets import AuditEventQuerySet

BATCH = 500


def export_audit_log(actor: Actor, lines: AuditEventQuerySet) -> Iterator[list[AuditEvent]]:
    """Yield ``lines`` of the actor's organization, newest first, in batches of up to 500.

    The right to read is asked for before each batch: who loses it meanwhile gets no more.

    Raises:
        MissingScope, NoIdentity: the right is not there, or gone.
    """
    last: tuple[datetime, UUID] | None = None
    while batch := _read_batch(actor, lines, last):
        yield batch
        last = batch[-1].at, batch[-1].pk


@transaction.atomic(durable=True)
def _read_batch(
    actor: Actor, lines: AuditEventQuerySet, last: tuple[datetime, UUID] | None
) -> list[AuditEvent]:
    actor = actor.held_with("read:audit")
    rows = lines.for_actor(actor)
    if last is not None:
        rows = rows.filter(TupleLessThan(Tuple(F("at"), F("pk")), last), at__lte=last[0])
    return list(rows.order_by("-at", "-pk")[:BATCH])
