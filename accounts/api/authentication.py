"""A user's JWT becomes an Actor: one of our own, or of a trusted external issuer."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from accounts.actor import Actor, Kind
from accounts.issuers.reading import NotGood, issuer_of, read_claims
from accounts.issuers.trust import Issuer
from accounts.jwt import BadJwt, read
from accounts.models import Membership
from accounts.roles import SCOPES, Role
from accounts.services.locks import hold_member
from accounts.services.outsiders import membership_claimed
from accounts.services.sign_in import Origin


def user_actor(text: str, origin: Origin) -> Actor | None:
    """Return who acts by the JWT ``text``; None when it is not good.

    The membership is read at each request: a removal or a demotion counts at once,
    not when the JWT ends.
    """
    issuer = issuer_of(text)
    return _own_actor(text, origin) if issuer is None else _external_actor(text, issuer, origin)


def _own_actor(text: str, origin: Origin) -> Actor | None:
    try:
        claims = read(text)
        user_id, organization_id = UUID(claims["sub"]), UUID(claims["org_id"])
        ends_at = datetime.fromtimestamp(claims["exp"], UTC)
    except (BadJwt, KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return None
    return _member_actor(user_id, organization_id, origin, ends_at)


def _external_actor(text: str, issuer: Issuer, origin: Origin) -> Actor | None:
    try:
        claimed = read_claims(text, issuer)
    except NotGood:
        return None
    membership = membership_claimed(origin, claimed)
    return _actor_of(membership, origin, claimed.ends_at) if membership else None


def _held_member_actor(
    user_id: UUID, organization_id: UUID, origin: Origin, ends_at: datetime
) -> Actor | None:
    """Return the member as they are now, held until the transaction ends."""
    hold_member(user_id, organization_id)
    return _member_actor(user_id, organization_id, origin, ends_at)


def _member_actor(
    user_id: UUID, organization_id: UUID, origin: Origin, ends_at: datetime
) -> Actor | None:
    membership = (
        Membership.objects.select_related("user", "organization")
        .filter(user_id=user_id, organization_id=organization_id, removed_at=None)
        .first()
    )
    if membership is None or not membership.organization.is_live or not membership.user.is_active:
        return None
    return _actor_of(membership, origin, ends_at)


def _actor_of(membership: Membership, origin: Origin, ends_at: datetime) -> Actor:
    user, organization_id = membership.user, membership.organization_id
    role = Role(membership.role)
    return Actor(
        id=user.id,
        name=user.display_name,
        kind=Kind.USER,
        organization_id=organization_id,
        scopes=SCOPES[role],
        role=role,
        request_id=origin.request_id,
        address=origin.address,
        expires_at=ends_at,
        reread=partial(_held_member_actor, user.id, organization_id, origin, ends_at),
    )
