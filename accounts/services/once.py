"""Doing a create once: what an ``Idempotency-Key`` stands for (``contract.md`` section 5).

The key is written in the transaction of the thing that it made, so that both are there
or neither. A second request while the first still runs waits for it, and replays.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.errors import Fault, invalid
from accounts.keys import key_ring
from accounts.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)

_LABEL = "idempotency"


@dataclass(slots=True)
class Once:
    """A caller's word that every request with this ``key`` and ``body`` is the same one.

    ``replayed`` tells, after the service has run, that it made nothing: the thing was there.
    """

    key: str
    body: Any = field(repr=False)
    replayed: bool = field(default=False, init=False)

    @property
    def content(self) -> bytes:
        """The body in a form that does not depend on how its JSON was written."""
        return json.dumps(self.body, sort_keys=True).encode()


def claim(
    actor: Actor, once: Once | None, operation: str, *, place_id: UUID, made_id: UUID
) -> UUID | None:
    """Note that ``made_id`` is made under the key; None if it is to be made.

    Must be called inside the transaction that makes it.

    Returns:
        the id of what an earlier request with the same key and body has made.

    Raises:
        InvalidRequest: the key was used with another body.
    """
    if once is None:
        return None
    identity = {
        "organization_id": actor.organization_id,
        "caller_id": actor.id,
        "operation": operation,
        "place_id": place_id,
        "key": once.key,
    }
    facts = {
        "digest": key_ring().first.mac(_LABEL, once.content),
        "made_id": made_id,
        "created_at": timezone.now(),
    }
    while True:
        try:
            with transaction.atomic():
                IdempotencyKey.objects.create(**identity, **facts)
        except IntegrityError:
            row = IdempotencyKey.objects.select_for_update().filter(**identity).first()
        else:
            return None
        if row is not None:  # else the clean-up was between the two statements: it is free now
            return _earlier(once, row, facts)


def _earlier(once: Once, row: IdempotencyKey, facts: dict[str, Any]) -> UUID | None:
    """Return what the key made, or take the key over when it is older than it is kept for."""
    if row.created_at <= facts["created_at"] - KEPT_FOR:
        IdempotencyKey.objects.filter(pk=row.pk).update(**facts)
        return None
    if not key_ring().matches(_LABEL, once.content, bytes(row.digest)):
        fault = Fault(
            location="header.Idempotency-Key", message="was used with another body; use a new key"
        )
        raise invalid([fault])
    once.replayed = True
    return row.made_id


def take_over(once: Once | None, *, made_id: UUID, by_id: UUID) -> None:
    """Let the key stand for ``by_id``, where what it made has been deleted since.

    Called after ``claim`` has returned ``made_id``, in the same transaction.
    """
    if once is not None:
        IdempotencyKey.objects.filter(key=once.key, made_id=made_id).update(made_id=by_id)
        once.replayed = False
