"""A user's JWT becomes an Actor: one of our own, or of a trusted external issuer."""

from datetime import UTC, datetime
from uuid import UUID

from accounts.actor import Actor
from accounts.issuers.reading import NotGood, issuer_of, read_claims
from accounts.issuers.trust import Issuer
from accounts.jwt import BadJwt, read
from accounts.services.acting import acting_member, actor_of
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
    return acting_member(user_id, organization_id, origin, ends_at)


def _external_actor(text: str, issuer: Issuer, origin: Origin) -> Actor | None:
    try:
        claimed = read_claims(text, issuer)
    except NotGood:
        return None
    membership = membership_claimed(origin, claimed)
    return actor_of(membership, origin, claimed.ends_at) if membership else None
