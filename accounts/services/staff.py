"""The support staff: their groups, the role of each, and the Actor that they act as."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import connections, transaction

from accounts.actor import Actor, Kind
from accounts.errors import NotAllowed
from accounts.inputs import Inputs, clean_reason
from accounts.models import User
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_shared
from accounts.services.people import end_sign_ins
from accounts.services.sign_in import Origin
from accounts.staff import MAY, SCOPES, Act, StaffRole, greatest


def ensure_groups(using: str, **_: Any) -> None:
    """Make sure that the staff's groups exist; the receiver of ``post_migrate``."""
    if Group._meta.db_table not in connections[using].introspection.table_names():  # noqa: SLF001 - Django's documented model API
        return  # the migration that makes it was taken back
    for role in StaffRole:
        Group.objects.using(using).get_or_create(name=str(role))


def role_of(user: User) -> StaffRole | None:
    """Return what somebody is among the staff; None for who does not belong to it."""
    if not (user.is_active and user.is_staff):
        return None
    names = user.groups.values_list("name", flat=True)
    return greatest(names, is_superuser=user.is_superuser)


def may(user: User, act: Act) -> bool:
    """Say whether somebody may do an act; what counts is asked again when it is done."""
    role = role_of(user)
    return role is not None and act in MAY[role]


def require_may(user: User, act: Act) -> None:
    """Return if somebody may do an act; raises NotAllowed otherwise."""
    if not may(user, act):
        raise not_allowed(act)


def not_allowed(act: Act) -> NotAllowed:
    """Return the refusal for somebody whose role may not do an act."""
    return NotAllowed(f"Your role in the support staff may not {act}.")


def staff_actor(
    user: User,
    act: Act,
    organization_id: UUID,
    origin: Origin,
    *,
    reason: str,
    is_good: Callable[[], bool],
) -> Actor:
    """Return who does one ``act`` in an organization, with the scopes of that act alone.

    Args:
        reason: stands in each audit line that the act writes.
        is_good: whether the session still is, asked again when the actor is held.

    Raises:
        NotAllowed: their role may not.
        InvalidRequest: the reason is missing or too long.
    """
    require_may(user, act)
    inputs = Inputs()
    reason = inputs.take("reason", reason, clean_reason)
    inputs.refuse()
    actor = Actor(
        id=user.id,
        name=user.display_name,
        kind=Kind.STAFF,
        organization_id=organization_id,
        scopes=SCOPES[act],
        request_id=origin.request_id,
        address=origin.address,
        reason=reason,
    )
    return _rereading(actor, act, is_good)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def set_staff_role(user: User, role: StaffRole | None) -> None:
    """Make somebody one of the staff, with this role alone, for the operator in a shell.

    None takes the role away: what they have signed in to ends.
    """
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    groups = Group.objects.filter(name__in=[str(each) for each in StaffRole])
    held.groups.remove(*groups.exclude(name=role or ""))
    if role is not None:
        held.groups.add(*groups.filter(name=role))
    held.is_staff = role is not None
    # A superuser counts as a support lead, so nobody with a lesser role stays one.
    held.is_superuser = held.is_superuser and role is StaffRole.LEAD
    held.save(update_fields=["is_staff", "is_superuser"])
    if role is None:
        end_sign_ins(held)


def _rereading(actor: Actor, act: Act, is_good: Callable[[], bool]) -> Actor:
    """Return an actor that is read again, and held, when something is written."""
    return replace(actor, reread=partial(_held, actor, act, is_good))


def _held(actor: Actor, act: Act, is_good: Callable[[], bool]) -> Actor | None:
    """Return the actor as they are now, held until the transaction ends."""
    hold_shared("SELECT 1 FROM accounts_user WHERE id = %s FOR SHARE", actor.id)
    user = User.objects.get(pk=actor.id)
    if not may(user, act) or not is_good():
        return None
    return _rereading(replace(actor, name=user.display_name), act, is_good)
