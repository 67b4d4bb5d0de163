"""Organizations: created with their first owner, and deleted."""

import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor, Kind
from accounts.errors import NameInUse, NotAllowed
from accounts.events import emit
from accounts.inputs import (
    BadInput,
    Inputs,
    clean_email,
    clean_external_id,
    clean_name,
    clean_slug,
    optional,
)
from accounts.losses import loses_rights
from accounts.models import Membership, Organization, User
from accounts.moments import timestamp
from accounts.roles import Role
from accounts.services.conflicts import broken_constraint
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.invitations import Invited, place_invitation
from accounts.services.locks import hold_epoch
from accounts.services.memberships import place_member
from accounts.services.people import EnsuredUser, place_user


@dataclass(frozen=True, slots=True)
class Ensured:
    """What an idempotent command left behind: the organization, and whether it made it."""

    organization: Organization
    created: bool


@dataclass(frozen=True, slots=True)
class Founded(Ensured):
    """The same, with its owner, who was made in the same transaction if need be."""

    owner: EnsuredUser


@repeated_on_deadlock
@transaction.atomic(durable=True)
def found_organization(
    *,
    slug: str,
    name: str,
    owner_email: str,
    owner_name: str | None = None,
    password: str | None = None,
    external_id: str | None = None,
) -> Founded:
    """Make sure that an organization and its owner exist, both or neither.

    One that is there already keeps its name, external id and members.

    Raises:
        InvalidRequest: a value is not allowed, or the password is too easy to guess.
        NameInUse: the organization exists with another external id or without this owner,
            or another organization has the external id.
    """
    inputs = Inputs()
    inputs.take("email", owner_email, clean_email)
    inputs.take("ownerName", owner_name, optional(clean_name))
    facts = _clean_facts(inputs, slug, name, external_id)
    ensured = _ensure(facts)
    system = Actor.system(ensured.organization.id)
    owner = place_user(system, email=owner_email, name=owner_name, password=password)
    _settle_owner(ensured, facts, owner.user)
    return Founded(ensured.organization, ensured.created, owner)


@dataclass(frozen=True, slots=True)
class Created:
    """An organization, and the invitation of its first owner; None where a repeat made nothing."""

    organization: Organization
    invited: Invited | None


@repeated_on_deadlock
@transaction.atomic(durable=True)
def create_organization(
    actor: Actor, *, slug: str, name: str, owner_email: str, external_id: str | None = None
) -> Created:
    """Create the organization that the actor acts in, and invite its first owner.

    It has no owner until the invitation is accepted. Its id is the actor's, so a repeat by an
    actor with the same id finds it, and makes nothing.

    Raises:
        MissingScope: the actor may not make organizations and invite their members.
        NotAllowed: the actor is neither the operator nor one of the support staff.
        InvalidRequest: a value is not allowed.
        NameInUse: another organization has the slug or the external id.
    """
    actor.require("write:organizations")
    actor.require("write:memberships")
    require_staff(actor, "Organizations are made by the operator and the support staff.")
    actor = actor.held_with("write:organizations")
    if (there := _there(actor)) is not None:
        return Created(there, None)
    inputs = Inputs()
    email = inputs.take("email", owner_email, clean_email)
    facts = _clean_facts(inputs, slug, name, external_id)
    try:
        organization = _insert(actor, facts)
    except IntegrityError as fault:
        if (there := _there(actor)) is not None:  # the same request was faster
            return Created(there, None)
        member = "slug" if "slug" in broken_constraint(fault) else "external id"
        raise NameInUse(f"Another organization has this {member}.") from None
    return Created(organization, place_invitation(actor, role=Role.OWNER, email=email))


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def delete_organization(actor: Actor, organization: Organization) -> None:
    """Delete the organization: every credential of it is refused from then on.

    Nothing happens when it is deleted already. Its rows stay, for the record; its slug
    and external id are free again.
    """
    actor.require("write:organizations")
    actor.require_home(organization.id)
    hold_epoch()
    found = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if found.deleted_at is None:
        actor = actor.held_with("write:organizations")
        found.deleted_at = timezone.now()
        found.save(update_fields=["deleted_at"])
        changes = {"deleted_at": (None, timestamp(found.deleted_at))}
        emit(actor, "organization.deleted", found, changes)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a new organization is to be, cleaned."""

    slug: str
    name: str
    external_id: str | None


def _clean_facts(inputs: Inputs, slug: str, name: str, external_id: str | None) -> _Facts:
    """Clean the values, and refuse them together with those that ``inputs`` has seen."""
    facts = _Facts(
        slug=inputs.take("slug", slug, clean_slug),
        name=inputs.take("name", name, clean_name),
        external_id=inputs.take("externalId", external_id, optional(clean_own_external_id)),
    )
    inputs.refuse()
    return facts


def _ensure(facts: _Facts) -> Ensured:
    """Return the organization with this slug, made if need be: without an owner then."""
    known = Organization.objects.filter(slug=facts.slug, deleted_at=None).first()
    if known is not None:
        return Ensured(known, created=False)
    try:
        organization = _insert(Actor.system(uuid.uuid4()), facts)
    except IntegrityError as fault:
        if "slug" in broken_constraint(fault):  # another process was first
            return _ensure(facts)
        raise NameInUse("Another organization has this external id.") from None
    return Ensured(organization, created=True)


def _insert(actor: Actor, facts: _Facts) -> Organization:
    """Write a new organization, whose id is the actor's; raises IntegrityError."""
    organization = Organization(
        id=actor.organization_id,
        slug=facts.slug,
        name=facts.name,
        external_id=facts.external_id,
    )
    with transaction.atomic():
        organization.save(force_insert=True)
    made = {"name": (None, facts.name), "external_id": (None, facts.external_id)}
    emit(actor, "organization.created", organization, made)
    return organization


def _there(actor: Actor) -> Organization | None:
    """Return the organization that the actor acts in, if it is there."""
    return Organization.objects.filter(pk=actor.organization_id).first()


def _settle_owner(ensured: Ensured, facts: _Facts, owner: User) -> None:
    """Give a new organization its owner; one that was there must be what was asked for."""
    organization = ensured.organization
    if ensured.created:
        place_member(Actor.system(organization.id), organization, owner, Role.OWNER)
    else:
        _require_as_asked(organization, facts, owner)


def require_staff(actor: Actor, detail: str) -> None:
    """Return if the actor is the operator or one of the support staff; else NotAllowed."""
    if actor.kind not in {Kind.SYSTEM, Kind.STAFF}:
        raise NotAllowed(detail)


def _require_as_asked(known: Organization, facts: _Facts, owner: User) -> None:
    """Return if ``known`` is what was asked for, so that there is nothing to do."""
    if facts.external_id is not None and known.external_id != facts.external_id:
        kept = f'the external id "{known.external_id}"' if known.external_id else "no external id"
        raise NameInUse(f'The organization "{known.slug}" exists and has {kept}.')
    owners = Membership.objects.filter(
        organization=known, user=owner, role=Role.OWNER, removed_at=None
    )
    if not owners.exists():
        raise NameInUse(
            f'The organization "{known.slug}" exists, and {owner} is not an owner of it; a role is'
            " given by add_member."
        )


def clean_own_external_id(text: str) -> str:
    """Return an external id that cannot be taken for an organization's own id."""
    kept = clean_external_id(text)
    try:
        uuid.UUID(kept)
    except ValueError:
        return kept
    raise BadInput({"": "must not be a UUID: it would look like an organization's own id"})
