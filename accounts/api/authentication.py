"""A user's JWT becomes an Actor."""

from datetime import UTC, datetime
from uuid import UUID

from accounts.actor import Actor, Kind
from accounts.jwt import BadJwt, read
from accounts.models import Membership
from accounts.roles import SCOPES, Role
from accounts.services.sign_in import Origin


def user_actor(text: str, origin: Origin) -> Actor | None:
    """Return who acts by the JWT ``text``; None when it is not good.

    The membership is read at each request: a removal or a demotion counts at once,
    not when the JWT ends.
    """
    try:
        claims = read(text)
        user_id, organization_id = UUID(claims["sub"]), UUID(claims["org_id"])
        ends_at = datetime.fromtimestamp(claims["exp"], UTC)
    except (BadJwt, KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return None
    membership = (
        Membership.objects.select_related("user", "organization")
        .filter(user_id=user_id, organization_id=organization_id, removed_at=None)
        .first()
    )
    if membership is None or not membership.organization.is_live or not membership.user.is_active:
        return None
    role = Role(membership.role)
    return Actor(
        id=membership.user.id,
        name=membership.user.display_name,
        kind=Kind.USER,
        organization_id=membership.organization_id,
        scopes=SCOPES[role],
        role=role,
        request_id=origin.request_id,
        address=origin.address,
        expires_at=ends_at,
    )
