"""Suspending an organization, and taking that back: for the operator and the support staff.

Every credential of the organization is refused for as long as it is suspended. Nothing of it is
changed or lost: what was good before is good again after.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import difference, emit, told
from accounts.losses import loses_rights
from accounts.models import Organization
from accounts.request_errors import NoSuchAddress
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_epoch
from accounts.services.organizations import require_staff

_SCOPE = "write:organizations"


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def suspend_organization(actor: Actor, organization: Organization) -> bool:
    """Suspend the organization; False, and nothing happens, when it is suspended already.

    Raises:
        MissingScope: the actor may not change the organization.
        NoSuchAddress: it is another organization's actor, or the organization was deleted.
        NotAllowed: the actor is neither the operator nor one of the support staff.
    """
    actor.require(_SCOPE)
    return _set(actor, organization, "organization.suspended", timezone.now())


@repeated_on_deadlock
@transaction.atomic(durable=True)
def resume_organization(actor: Actor, organization: Organization) -> bool:
    """Let a suspended organization go on; False, and nothing happens, when it is not suspended.

    Raises:
        MissingScope, NoSuchAddress, NotAllowed: see ``suspend_organization``.
    """
    actor.require(_SCOPE)
    return _set(actor, organization, "organization.resumed", None)


def _set(actor: Actor, organization: Organization, action: str, at: datetime | None) -> bool:
    """Set since when it is suspended, with a line of the audit log; see the services."""
    actor.require_home(organization.id)
    require_staff(actor, "Organizations are suspended by the operator and the support staff.")
    hold_epoch()
    held = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if held.deleted_at is not None:
        raise NoSuchAddress("There is no such organization any more.")
    actor = actor.held_with(_SCOPE)
    if (held.suspended_at is None) == (at is None):
        return False
    before = told(held, "suspended_at")
    held.suspended_at = at
    held.save(update_fields=["suspended_at"])
    emit(actor, action, held, difference(before, told(held, "suspended_at")))
    return True
