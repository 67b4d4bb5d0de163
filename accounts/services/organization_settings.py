"""What an organization decides about itself: its name, and how its people sign in."""

from django.db import transaction

from accounts.actor import Actor, Kind
from accounts.errors import NotAllowed
from accounts.events import difference, emit, told
from accounts.inputs import Inputs, clean_name
from accounts.models import Organization, User
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.second_factors import has_second_factor

_SCOPE = "write:organizations"


@repeated_on_deadlock
@transaction.atomic(durable=True)
def rename_organization(actor: Actor, organization: Organization, *, name: str) -> Organization:
    """Give the organization another name; its slug stays. Return it as it is then.

    Raises:
        MissingScope: the actor may not change the organization.
        NoSuchAddress: it is another organization's actor.
        InvalidRequest: the name is not allowed.
    """
    actor.require(_SCOPE)
    actor.require_home(organization.id)
    inputs = Inputs()
    name = inputs.take("name", name, clean_name)
    inputs.refuse()
    held = _hold(organization)
    return _change(actor.held_with(_SCOPE), held, "name", name)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def require_second_factors(
    actor: Actor, organization: Organization, *, required: bool
) -> Organization:
    """Demand a second factor of everybody who signs in here, or stop demanding it.

    Sign-ins that proved none end with their next refresh; the JWTs that are out live for
    their minutes. Return the organization as it is then.

    Raises:
        MissingScope, NoSuchAddress: see ``rename_organization``.
        NotAllowed: a person without a second factor would lock themselves out first.
    """
    actor.require(_SCOPE)
    actor.require_home(organization.id)
    held = _hold(organization)
    actor = actor.held_with(_SCOPE)
    if required and actor.kind is Kind.USER:
        _require_own_factor(actor)
    return _change(actor, held, "requires_second_factor", required)


def _require_own_factor(actor: Actor) -> None:
    """Refuse a person without one; they are held, so that it cannot go meanwhile."""
    person = User.objects.get(pk=actor.id)
    # Who comes from outside has none here: their issuer vouches for them.
    if not person.comes_from_outside and not has_second_factor(person):
        raise NotAllowed("Set up a second factor of your own first.")


def _hold(organization: Organization) -> Organization:
    """Return the organization as it is now, held against change."""
    return Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _change(actor: Actor, held: Organization, member: str, value: object) -> Organization:
    """Change one member, with its line in the audit log; nothing is written for no change."""
    before = told(held, member)
    setattr(held, member, value)
    changes = difference(before, told(held, member))
    if changes:
        held.save(update_fields=[member])
        emit(actor, "organization.changed", held, changes)
    return held
