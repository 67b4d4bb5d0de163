"""Members of an organization: added, given a role, removed. An owner always stays."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor, Kind
from accounts.errors import LastOwner, NotAllowed
from accounts.events import emit
from accounts.models import Membership, Organization, RefreshFamily, User
from accounts.roles import Role
from accounts.services.deadlocks import repeated_on_deadlock


@repeated_on_deadlock
@transaction.atomic(durable=True)
def add_member(actor: Actor, organization: Organization, user: User, role: Role) -> Membership:
    """Make sure that ``user`` is a member with ``role``, also after having been removed.

    Raises:
        MissingScope: the actor may not manage members.
        NoSuchAddress: it is another organization's actor.
        NotAllowed: an owner would be made or unmade, and the actor is not one in person.
        LastOwner: the only owner would become something else.
    """
    actor.require("write:memberships")
    actor.require_home(organization.id)
    _lock(organization)
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
    _lock(organization)
    actor = actor.held_with("write:memberships")
    membership = Membership.objects.filter(
        organization=organization, user=user, removed_at=None
    ).first()
    if membership is None:
        return
    if membership.role == Role.OWNER:
        _require_owner_in_person(actor)
        _require_another_owner(organization, membership)
    membership.removed_at = timezone.now()
    membership.save(update_fields=["removed_at"])
    RefreshFamily.objects.filter(membership=membership, ended_at=None).update(
        ended_at=timezone.now()
    )
    emit(actor, "member.removed", _member(user), {"role": (membership.role, None)})


def place_member(actor: Actor, organization: Organization, user: User, role: Role) -> Membership:
    """Give ``user`` the ``role``, inside the caller's transaction; see ``add_member``."""
    _lock(organization)
    membership, created = Membership.objects.get_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    before = None if created or membership.removed_at else Role(membership.role)
    if before == role:
        return membership
    if Role.OWNER in {before, role}:
        _require_owner_in_person(actor)
    if before == Role.OWNER:
        _require_another_owner(organization, membership)
    membership.role, membership.removed_at = role, None
    membership.save(update_fields=["role", "removed_at"])
    action = "member.added" if before is None else "member.role_changed"
    emit(actor, action, _member(user), {"role": (before, role)})
    return membership


class _Member:
    """What the audit log calls a member: the person's id, and the e-mail address for a slug."""

    def __init__(self, user_id: UUID, slug: str | None) -> None:
        self.id = user_id
        self.slug = slug


def _member(user: User) -> _Member:
    return _Member(user.id, user.email)


def _lock(organization: Organization) -> None:
    """Let one change of an organization's members happen at a time."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _require_owner_in_person(actor: Actor) -> None:
    in_person = actor.kind == Kind.USER and actor.role == Role.OWNER
    if not in_person and actor.kind not in {Kind.SYSTEM, Kind.STAFF}:
        raise NotAllowed("Owners are changed by an owner in person.")


def _require_another_owner(organization: Organization, membership: Membership) -> None:
    owners = Membership.objects.filter(
        organization=organization, role=Role.OWNER, removed_at=None, user__is_active=True
    )
    if not owners.exclude(pk=membership.pk).exists():
        raise LastOwner("An organization always keeps an owner.")
