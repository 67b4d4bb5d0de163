"""The audit log's one maintenance: old lines are deleted, and a line tells of it."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.actor import Actor, Kind
from accounts.errors import NotAllowed
from accounts.events import emit
from accounts.inputs import BadInput, Inputs
from accounts.models import AuditEvent, Organization
from accounts.triggers import maintenance_pass

SHORTEST_KEEPING = timedelta(days=30)
BATCH = 500


class _Log:
    """What the audit log calls an organization, which may be no row any more."""

    def __init__(self, organization_id: UUID) -> None:
        self.id = organization_id
        known = Organization.objects.filter(pk=organization_id).first()
        self.slug = known.slug if known else None


def organizations_with_lines(before: date) -> list[UUID]:
    """Return the organizations that have audit lines from before the day ``before`` (UTC).

    Raises:
        InvalidRequest: the day is less than 30 days ago.
    """
    old = AuditEvent.objects.filter(at__lt=_clean_before(before)).order_by("organization_id")
    return list(old.values_list("organization_id", flat=True).distinct())


def trim_audit_log(actor: Actor, before: date) -> int:
    """Delete the organization's audit lines from before the day ``before``; return how many.

    Batches of 500, one transaction each, so that no writer waits long. The first one
    writes the line that tells of it, each further one counts on in it: whatever stops
    this half-way, what is gone has been told.

    Raises:
        NotAllowed: the actor is not the operator in a shell.
        InvalidRequest: the day is less than 30 days ago.
    """
    if actor.kind is not Kind.SYSTEM:
        raise NotAllowed("Only the operator trims the audit log, by a command.")
    limit = _clean_before(before)
    told: AuditEvent | None = None
    deleted = 0
    while True:
        batch, told = _trim_batch(actor, limit, deleted, told)
        deleted += batch
        if batch < BATCH:
            return deleted


@transaction.atomic(durable=True)
def _trim_batch(
    actor: Actor, limit: datetime, so_far: int, told: AuditEvent | None
) -> tuple[int, AuditEvent | None]:
    """Delete the oldest lines; return how many, and the line that tells of all so far."""
    old = AuditEvent.objects.for_actor(actor).filter(at__lt=limit).order_by("at", "id")
    ids = list(old.select_for_update().values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0, told
    with maintenance_pass(connection):
        count, _ = AuditEvent.objects.filter(pk__in=ids).delete()
        changes = {"before": (None, limit.date().isoformat()), "deleted": (None, so_far + count)}
        if told is None:
            log = _Log(actor.organization_id)
            told = emit(actor, "audit_log.trimmed", log, changes, target_type="organization")
        else:
            told.changes["deleted"]["after"] = so_far + count
            told.save(update_fields=["changes"])
    return count, told


def _clean_before(before: date) -> datetime:
    """Return the first instant of the day."""
    inputs = Inputs()
    limit = inputs.take("before", datetime.combine(before, time.min, UTC), _clean_limit)
    inputs.refuse()
    return limit


def _clean_limit(limit: datetime) -> datetime:
    latest = timezone.now() - SHORTEST_KEEPING
    if limit > latest:
        raise BadInput({"": f"must be at least 30 days ago: {latest.date()} or earlier"})
    return limit
