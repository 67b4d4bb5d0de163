"""Members of an organization: taken in, given a role, removed. An owner always stays."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor, Kind
from accounts.errors import LastOwner, NotAllowed
from accounts.events import emit
from accounts.models import Membership, Organization, RefreshFamily, User
from accounts.request_errors import NoSuchAddress
from accounts.roles import Role
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_member
from accounts.services.people import EnsuredUser, Person, place_user


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A membership, and what was made or set for it of the person."""

    membership: Membership
    person: EnsuredUser


@repeated_on_deadlock
@transaction.atomic(durable=True)
def take_in(
    actor: Actor,
    organization: Organization,
    role: Role,
    *,
    email: str,
    name: str | None = None,
    password: str | None = None,
) -> TakenIn:
    """Make sure that a person with this login exists and is a member with ``role``.

    Args:
        password: for a login that has none, and from the operator alone: whoever gives it
            could sign in as that person, to other organizations too.

    Raises:
        InvalidRequest: see ``place_user``.
        MissingScope, NoSuchAddress, NotAllowed, LastOwner: see ``add_member``.
    """
    actor.require("write:memberships")
    actor.require_home(organization.id)
    if password is not None:
        _require_operator(actor, "A password is given by the operator alone, by a command.")
    lock_members(organization)
    actor = actor.held_with("write:memberships")
    person = place_user(actor, email=email, name=name, password=password)
    return TakenIn(place_member(actor, organization, person.user, role), person)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def grant_jwt(actor: Actor, membership: Membership, lifetime: timedelta) -> Membership:
    """Note that the operator has a JWT minted for a member, and return them as they are now.

    Minting comes after: no JWT without its line (``jwt.mint`` writes nothing).

    Raises:
        NotAllowed: the JWT would be good for nothing, or it is not the operator who asks.
        MissingScope, NoSuchAddress: see ``add_member``.
    """
    actor.require("write:memberships")
    actor.require_home(membership.organization_id)
    _require_operator(actor, "A JWT for somebody else is had by the operator alone.")
    hold_member(membership.user_id, membership.organization_id)
    now = Membership.objects.select_related("user", "organization").get(pk=membership.pk)
    _require_access(now)
    changes = {"lifetime_seconds": (None, int(lifetime.total_seconds()))}
    emit(actor, "jwt.issued", Person(now.user), changes, target_type="user")
    return now


@repeated_on_deadlock
@transaction.atomic(durable=True)
def add_member(actor: Actor, organization: Organization, user: User, role: Role) -> Membership:
    """Make sure that ``user`` is a member with ``role``, also after having been removed.

    Raises:
        MissingScope: the actor may not manage members.
        NoSuchAddress: it is another organization's actor, or was deleted meanwhile.
        NotAllowed: an owner would be made or unmade, and the actor is not one in person.
        LastOwner: the only owner would become something else.
    """
    actor.require("write:memberships")
    actor.require_home(organization.id)
    lock_members(organization)
    return place_member(actor.held_with("write:memberships"), organization, user, role)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def remove_member(actor: Actor, organization: Organization, user: User) -> None:
    """End ``user``'s membership: their JWTs, refresh tokens and sessions stop at once.

    Nothing happens when there is none. The organization's API tokens live on.

    Raises:
        MissingScope, NoSuchAddress, NotAllowed, LastOwner: see ``add_member``.
    """
    actor.require("write:memberships")
    actor.require_home(organization.id)
    lock_members(organization)
    actor = actor.held_with("write:memberships")
    membership = Membership.objects.filter(
        organization=organization, user=user, removed_at=None
    ).first()
    if membership is None:
        return
    if membership.role == Role.OWNER:
        require_owner_in_person(actor)
        _require_another_owner(organization, membership)
    membership.removed_at = timezone.now()
    membership.save(update_fields=["removed_at"])
    RefreshFamily.objects.filter(membership=membership, ended_at=None).update(
        ended_at=timezone.now()
    )
    emit(actor, "member.removed", Person(user), {"role": (membership.role, None)})


def place_member(actor: Actor, organization: Organization, user: User, role: Role) -> Membership:
    """Give ``user`` the ``role``, inside the caller's transaction; see ``add_member``."""
    lock_members(organization)
    if Organization.objects.filter(pk=organization.pk, deleted_at__isnull=False).exists():
        raise NoSuchAddress("There is no such organization any more.")
    membership, created = Membership.objects.get_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    before = None if created or membership.removed_at else Role(membership.role)
    if before == role:
        return membership
    if Role.OWNER in {before, role}:
        require_owner_in_person(actor)
    if before == Role.OWNER:
        _require_another_owner(organization, membership)
    membership.role, membership.removed_at = role, None
    membership.save(update_fields=["role", "removed_at"])
    action = "member.added" if before is None else "member.role_changed"
    emit(actor, action, Person(user), {"role": (before, role)})
    return membership


def lock_members(organization: Organization) -> None:
    """Let one change of an organization's members happen at a time."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def require_owner_in_person(actor: Actor) -> None:
    """Return if ``actor`` may make, change and invite owners; raises NotAllowed otherwise."""
    in_person = actor.kind == Kind.USER and actor.role == Role.OWNER
    if not in_person and actor.kind not in {Kind.SYSTEM, Kind.STAFF}:
        raise NotAllowed("Owners are changed by an owner in person.")


def _require_operator(actor: Actor, detail: str) -> None:
    if actor.kind is not Kind.SYSTEM:
        raise NotAllowed(detail)


def _require_access(membership: Membership) -> None:
    """Return if credentials of this member are good; the refusal says why they are not."""
    called, slug = membership.user, membership.organization.slug
    if not membership.organization.is_live:
        raise NotAllowed(f'The organization "{slug}" is suspended or deleted.')
    if membership.removed_at is not None:
        raise NotAllowed(f'{called} was removed: no JWT for "{slug}" would be good.')
    if not called.is_active:
        raise NotAllowed(f'{called} is deactivated: no JWT for "{slug}" would be good.')


def _require_another_owner(organization: Organization, membership: Membership) -> None:
    owners = Membership.objects.filter(
        organization=organization, role=Role.OWNER, removed_at=None, user__is_active=True
    )
    if not owners.exclude(pk=membership.pk).exists():
        raise LastOwner("An organization always keeps an owner.")
