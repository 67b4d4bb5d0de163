"""Giving a member another role."""

from django.db import transaction

from accounts.actor import Actor
from accounts.inputs import Inputs, clean_role
from accounts.models import Membership
from accounts.request_errors import NoSuchAddress
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.memberships import lock_members, place_member


@repeated_on_deadlock
@transaction.atomic(durable=True)
def change_role(actor: Actor, membership: Membership, *, role: str) -> Membership:
    """Give a member another role; it counts at their next request.

    Unlike ``add_member`` it takes nobody in: who was removed meanwhile stays removed.

    Raises:
        MissingScope, NotAllowed, LastOwner: see ``add_member``.
        NoSuchAddress: there is no such member of the actor's organization (any more).
        InvalidRequest: there is no such role.
    """
    actor.require("write:memberships")
    actor.require_home(membership.organization_id)
    lock_members(membership.organization)
    actor = actor.held_with("write:memberships")
    inputs = Inputs()
    given = inputs.take("role", role, clean_role)
    inputs.refuse()
    held = Membership.objects.for_actor(actor).filter(pk=membership.pk).first()
    if held is None:
        raise NoSuchAddress("There is no such member of your organization.")
    return place_member(actor, membership.organization, held.user, given)
