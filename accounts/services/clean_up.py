"""Clearing away rows whose time is over: nothing that is deleted here means anything any more.

It may run at any time, beside itself too, and be stopped anywhere.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.epoch import trim_entries
from accounts.models import Attempt, BulkRun, IdempotencyKey, Invitation, RefreshFamily, Session
from accounts.request_errors import Throttled
from accounts.services.once import KEPT_FOR
from accounts.services.throttle import Limit, count_try, forget

logger = logging.getLogger("wardkey.clean_up")

BATCH = 1_000

BULK_RUNS_KEPT_FOR = timedelta(days=90)
"""What a run did stays in the audit log; the run itself is of use until nobody asks about it."""

ENTRIES_KEPT_FOR = timedelta(hours=1)
"""Long after whoever keeps what it has read of credentials has asked what changed of them."""

HOURLY = Limit("clean-up", 1, timedelta(hours=1))
"""Once an hour for the whole installation: whichever of its processes asks first."""


_more: dict[str, Callable[[datetime], QuerySet[Any]]] = {}


def register_kind(kind: str, over: Callable[[datetime], QuerySet[Any]]) -> None:
    """Add what ``over`` returns, at a moment, to what is deleted: of the packages above."""
    _more[kind] = over


def clean_up() -> dict[str, int]:
    """Delete all that is over, and return how much of each kind.

    A refresh family stays until its last refresh token would have ended, even if it was
    ended before, and goes then.
    """
    now = timezone.now()
    kinds: dict[str, QuerySet[Any]] = {
        "idempotency keys": IdempotencyKey.objects.filter(created_at__lte=now - KEPT_FOR),
        "sign-ins": RefreshFamily.objects.filter(expires_at__lte=now),
        "sessions": Session.objects.filter(expires_at__lte=now),
        "invitations": Invitation.objects.filter(expires_at__lte=now),
        "counters of tries": Attempt.objects.filter(window_ends_at__lte=now),
        "bulk acts": BulkRun.objects.filter(created_at__lte=now - BULK_RUNS_KEPT_FOR),
        **{kind: over(now) for kind, over in _more.items()},
    }
    deleted = {kind: _delete(rows) for kind, rows in kinds.items()}
    return deleted | {"epoch entries": trim_entries(connection, now - ENTRIES_KEPT_FOR)}


def clean_up_if_due() -> None:
    """Clean up, unless some process of the installation has done so within the last hour."""
    try:
        count_try(HOURLY, "all")
    except Throttled:
        return
    try:
        deleted = clean_up()
    except Exception:
        forget(HOURLY, "all")  # or nobody would try again for an hour
        raise
    logger.info("cleaned up", extra={"deleted": deleted})


def _delete(rows: QuerySet[Any]) -> int:
    deleted = 0
    while batch := _delete_batch(rows):
        deleted += batch
    return deleted


@transaction.atomic(durable=True)
def _delete_batch(rows: QuerySet[Any]) -> int:
    """Delete up to a batch of ``rows``, none that somebody else holds just now.

    What hangs on them goes with them, and is not counted.
    """
    held = rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH]
    _, deleted = rows.filter(pk__in=list(held)).delete()
    return deleted.get(rows.model._meta.label, 0)  # noqa: SLF001 - Django's documented model API
