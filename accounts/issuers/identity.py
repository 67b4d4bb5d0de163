"""An ID token is read: who has signed in at an issuer (OpenID Connect Core 1.0, 3.1.3.7).

Held to the same issuer, algorithms and keys as its JWTs at the REST API, but for another
audience: our client id there.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt

from accounts.issuers.reading import (
    LEEWAY,
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    NotGood,
    claimed_organization,
    key_for,
    plain_text,
)
from accounts.issuers.trust import Issuer, SignIn


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an issuer says has signed in.

    ``organization`` is None where the token claims none: what somebody may enter is decided
    by their memberships.
    """

    issuer: Issuer
    subject: str
    organization: UUID | str | None
    ends_at: datetime
    name: Any = None
    email: Any = None


def read_identity(text: str, issuer: Issuer, client: SignIn, nonce: str) -> Identity:
    """Return whom a good ID token speaks of. May fetch the issuer's keys.

    Args:
        nonce: what this browser's sign-in was begun with.

    Raises:
        NotGood: it is not good, or of another sign-in.
    """
    try:
        claims = _verified(text, issuer, client, nonce)
        return Identity(
            issuer=issuer,
            subject=plain_text(claims.get(issuer.claims["user"]), LONGEST_SUBJECT),
            organization=_organization(claims, issuer.claims["organization"]),
            ends_at=datetime.fromtimestamp(claims["exp"], UTC),
            name=claims.get(issuer.claims["name"]),
            email=claims.get(issuer.claims["email"]),
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError, OSError) as fault:
        raise NotGood("not a good ID token") from fault


def _verified(text: str, issuer: Issuer, client: SignIn, nonce: str) -> dict[str, Any]:
    if len(text) > LONGEST_TEXT:
        raise NotGood("it is too long")
    key = key_for(text, issuer, {"jwt"})
    claims: dict[str, Any] = jwt.decode(
        text,
        key.key,
        algorithms=[key.algorithm_name],
        issuer=issuer.issuer,
        audience=client.client_id,
        leeway=LEEWAY,
        options={
            "require": ["exp", "iat", "iss", "aud", "nonce"],
            "verify_sub": False,
            "verify_jti": False,
        },
    )
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise NotGood("its nonce is not of this sign-in")
    many = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if many else client.client_id) != client.client_id:
        raise NotGood("it was made for another client")
    return claims


def _organization(claims: dict[str, Any], name: str) -> UUID | str | None:
    try:
        return claimed_organization(claims, name)
    except NotGood:
        return None
