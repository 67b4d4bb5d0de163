"""emit(): the one place that writes the audit log.

Every service calls it inside its own transaction: the change and its line are
written together or not at all (``architecture.md``, rule 2).
"""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEvent
from accounts.moments import timestamp
from accounts.redaction import redact_all

Changes = dict[str, tuple[Any, Any]]
"""What changed: the member's name in snake_case, its value before and after, JSON-like."""


class Target(Protocol):
    """A thing that something happened to."""

    id: UUID


def emit(
    actor: Actor,
    action: str,
    target: Target,
    changes: Changes | None = None,
    *,
    target_type: str | None = None,
) -> AuditEvent:
    """Write that ``actor`` did ``action`` (past tense, ``noun.verb``) to ``target``.

    ``target_type`` is the first part of ``action`` unless given. Why staff did it stands among
    the changes, as ``reason``. Texts with the form of
    a secret are redacted. Must be called inside the transaction of the change.

    Raises:
        RuntimeError: there is no transaction, so the line could outlive its change.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{action} must be emitted inside the transaction of its change")
    noun = action.partition(".")[0]
    told = {
        member: {"before": before, "after": after}
        for member, (before, after) in (changes or {}).items()
    }
    if actor.reason is not None:
        told["reason"] = {"before": None, "after": actor.reason}
    return AuditEvent.objects.create(
        organization_id=actor.organization_id,
        at=timezone.now(),
        action=action,
        actor_id=actor.id,
        actor_name=actor.name,
        actor_type=actor.kind,
        target_type=target_type or noun,
        target_id=target.id,
        target_slug=getattr(target, "slug", None),
        changes=redact_all(told),
        request_id=actor.request_id,
        address=actor.address,
    )


def told(thing: object, *members: str) -> dict[str, Any]:
    """Return ``members`` of ``thing`` as the log writes them: JSON-like, times in RFC 3339."""
    values = {member: getattr(thing, member) for member in members}
    return {
        member: timestamp(value) if isinstance(value, datetime) else value
        for member, value in values.items()
    }


def difference(before: dict[str, Any], after: dict[str, Any]) -> Changes:
    """Return what differs between two results of ``told``."""
    return {
        member: (before[member], after[member])
        for member in before
        if before[member] != after[member]
    }
