"""Bulk runs: an act of the support staff on many things, in batches that can be taken up again.

A run is made of what was chosen, begins with a reason, and is done batch by batch, each in a
transaction of its own with the audit lines of what it did. What the act is to a thing is the
caller's: ``tokens/services/bulk.py``.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.actor import Actor
from accounts.errors import DomainError, NotAllowed
from accounts.inputs import Inputs, clean_reason
from accounts.losses import loses_rights
from accounts.models import BulkItem, BulkRun, User
from accounts.models.bulk_run import Outcome
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_epoch
from accounts.services.staff import may, require_may
from accounts.staff import Act

MOST_THINGS = 10_000
"""Things that one run takes."""
BATCH = 200
"""Things that are done in one transaction."""

ActorIn = Callable[[UUID], Actor]
"""Who acts in an organization, by its id."""


def _no_end(_: datetime | None) -> None:
    """Return no end, for acts that give none."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a run does: to which ``rows``, and how to one of those that it has locked.

    ``lock`` returns the things with these ids as they are now, held against change. ``do`` says
    whether there was anything to do; it refuses before it writes.
    ``clean_end`` returns the end that may be given; raises BadInput for any other.
    """

    rows: Callable[[], QuerySet[Any]]
    lock: Callable[[Sequence[UUID]], QuerySet[Any]]
    do: Callable[[Actor, BulkRun, Any], bool]
    clean_end: Callable[[datetime | None], datetime | None] = _no_end


@dataclass(frozen=True, slots=True)
class Progress:
    """How many things of a run have come to which outcome."""

    pending: int
    done: int
    already: int
    refused: int

    @property
    def total(self) -> int:
        """Return the things of the run."""
        return self.pending + self.tried

    @property
    def tried(self) -> int:
        """Return those that are behind it, whatever became of them."""
        return self.done + self.already + self.refused


@repeated_on_deadlock
@transaction.atomic(durable=True)
def make_run(user: User, act: Act, things: Sequence[UUID], *, has_more: bool) -> BulkRun:
    """Note what an act is to be done to, up to ``MOST_THINGS``; nothing is done to them yet.

    Raises:
        NotAllowed: their role may not.
    """
    require_may(user, act)
    run = BulkRun.objects.create(
        user=user, act=act, things=len(things), has_more=has_more, created_at=timezone.now()
    )
    items = [BulkItem(run=run, thing_id=thing) for thing in things]
    BulkItem.objects.bulk_create(items, batch_size=1_000)
    return run


@repeated_on_deadlock
@transaction.atomic(durable=True)
def begin_run(
    user: User, run: BulkRun, work: Work, reason: str, *, expires_at: datetime | None = None
) -> BulkRun:
    """Begin a run, and return it as it is then; one that has begun keeps its reason.

    Raises:
        NotAllowed: their role may not, or it is somebody else's.
        InvalidRequest: the reason or the end is not allowed.
    """
    held = _held(user, run)
    if held.begun_at is None:
        inputs = Inputs()
        held.reason = inputs.take("reason", reason, clean_reason)
        held.expires_at = inputs.take("expiresAt", expires_at, work.clean_end)
        inputs.refuse()
        held.begun_at = timezone.now()
        held.save(update_fields=["reason", "begun_at", "expires_at"])
    return held


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def do_batch(user: User, run: BulkRun, work: Work, actor_in: ActorIn) -> BulkRun:
    """Do the next batch of a run that has begun, and return the run as it is then.

    A thing that is refused leaves the others as they are. Whoever comes at the same time, in
    another tab, waits for the batch and takes the next one.

    Raises:
        NotAllowed, NoIdentity: they may not any more, or their session has ended: nothing of
            this batch is done.
    """
    hold_epoch()  # which each of these acts raises
    held = _held(user, run)
    # In the order of their ids, as everybody locks things.
    left = held.items.filter(outcome=Outcome.PENDING).order_by("thing_id")
    items = list(left[: BATCH + 1])
    if items:  # else another tab has just done the last
        _try_each(held, items[:BATCH], work, actor_in)
    if len(items) <= BATCH and held.finished_at is None:
        held.finished_at = timezone.now()
        held.save(update_fields=["finished_at"])
    return held


def progress_of(run: BulkRun) -> Progress:
    """Return how far a run is."""
    counted = run.items.order_by().values_list("outcome").annotate(Count("pk"))
    found: dict[str, int] = dict(counted)
    return Progress(**{outcome: found.get(outcome, 0) for outcome in map(str, Outcome)})


def is_own(user: User, run: BulkRun) -> bool:
    """Say whether a run is this person's and their role still may do it."""
    return run.user_id == user.pk and may(user, Act(run.act))


def require_own(user: User, run: BulkRun) -> None:
    """Return if a run is this person's and their role still may; raises NotAllowed otherwise."""
    if run.user_id != user.pk:
        raise NotAllowed("Only the person who chose these things can go on with them.")
    require_may(user, Act(run.act))


def _held(user: User, run: BulkRun) -> BulkRun:
    """Return a run as it is now, held against everybody who would go on with it."""
    require_own(user, run)
    return BulkRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)


def _try_each(run: BulkRun, items: list[BulkItem], work: Work, actor_in: ActorIn) -> None:
    """Do the act to each thing, and note what became of it."""
    things = {thing.pk: thing for thing in work.lock([item.thing_id for item in items])}
    # A role is the same everywhere: read once, and held until the transaction ends.
    held = actor_in(things[items[0].thing_id].organization_id).held()
    came_of: dict[tuple[Outcome, str], list[int]] = defaultdict(list)
    for item in items:
        thing = things[item.thing_id]
        actor = replace(held, organization_id=thing.organization_id, reread=None)
        came_of[_try(partial(work.do, actor, run, thing))].append(item.pk)
    for (outcome, why), ids in came_of.items():
        run.items.filter(pk__in=ids).update(outcome=outcome, why=why)


def _try(do: Callable[[], bool]) -> tuple[Outcome, str]:
    """Do the act to a thing, and return what became of it, and why it was refused."""
    try:
        with transaction.atomic():
            return (Outcome.DONE if do() else Outcome.ALREADY), ""
    except DomainError as refusal:
        told = "; ".join(fault["message"] for fault in refusal.errors)
        return Outcome.REFUSED, told or refusal.detail
