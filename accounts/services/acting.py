"""Who acts as a member: a membership becomes an Actor, by whatever credential it was proved."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from accounts.actor import Actor
from accounts.models import Membership, User
from accounts.services.locks import hold_member
from accounts.services.sign_in import Origin, logged_actor
from accounts.slugs import is_slug


def acting_member(
    user_id: UUID,
    organization_id: UUID,
    origin: Origin,
    ends_at: datetime,
    *,
    is_good: Callable[[], bool] | None = None,
) -> Actor | None:
    """Return the member as they are now; None for who has no access any more.

    The membership is read at each request: a removal or a demotion counts at once.

    Args:
        ends_at: the end of the credential.
        is_good: whether the credential itself still is, asked again when the member is held.
    """
    membership = (
        Membership.objects.select_related("user", "organization")
        .filter(user_id=user_id, organization_id=organization_id, removed_at=None)
        .first()
    )
    if membership is None or not membership.organization.is_live or not membership.user.is_active:
        return None
    return actor_of(membership, origin, ends_at, is_good=is_good)


def memberships_of(user: User) -> list[Membership]:
    """Return where a person is a member, by the organizations' names; suspended ones too."""
    rows = Membership.objects.filter(user=user, removed_at=None, organization__deleted_at=None)
    return list(rows.select_related("organization").order_by("organization__name", "pk"))


def membership_in(user: User, slug: str) -> Membership | None:
    """Return a person's membership of the organization with this slug, suspended ones too."""
    if not is_slug(slug):  # PostgreSQL cannot be asked for every text
        return None
    rows = Membership.objects.filter(user=user, removed_at=None)
    found = rows.filter(organization__slug=slug, organization__deleted_at=None)
    membership = found.select_related("organization").first()
    if membership is not None:
        membership.user = user  # as they have proved themselves
    return membership


def actor_of(
    membership: Membership,
    origin: Origin,
    ends_at: datetime,
    *,
    is_good: Callable[[], bool] | None = None,
) -> Actor:
    """Return who acts by a live membership; see ``acting_member``."""
    place = (membership.user_id, membership.organization_id)
    return replace(
        logged_actor(origin, membership),
        expires_at=ends_at,
        reread=partial(_held_member, *place, origin, ends_at, is_good),
    )


def _held_member(
    user_id: UUID,
    organization_id: UUID,
    origin: Origin,
    ends_at: datetime,
    is_good: Callable[[], bool] | None,
) -> Actor | None:
    """Return the member as they are now, held until the transaction ends."""
    hold_member(user_id, organization_id)
    if is_good is not None and not is_good():
        return None
    return acting_member(user_id, organization_id, origin, ends_at, is_good=is_good)
