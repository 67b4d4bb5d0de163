"""Users' JWTs: minted and read (``contract.md`` section 7).

The algorithm is pinned (HS256, RFC 7518 section 3.2), the key derived from the
server keys: the first signs, ``kid`` says which of the loaded ones verifies.
"""

from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.exceptions import TokenError as BadJwt
from rest_framework_simplejwt.tokens import AccessToken

from accounts.keys import key_ring
from accounts.models import Membership

__all__ = ["LONGEST_LIFETIME", "BadJwt", "WardkeyAccessToken", "mint", "read"]

LIFETIME = timedelta(minutes=5)
LONGEST_LIFETIME = timedelta(hours=1)
LONGEST_TEXT = 8192

_ALGORITHM = "HS256"
_LABEL = "jwt"


class KeyRingBackend(TokenBackend):
    """simplejwt's backend for our own issuer, over the derived keys of every server key."""

    def __init__(self) -> None:
        super().__init__(_ALGORITHM, signing_key="unused: the key ring signs")

    def encode(self, payload: dict[str, Any]) -> str:
        """Return the signed text of ``payload``, with our ``iss`` and ``aud``."""
        key = key_ring().first
        claims = payload | {
            "iss": settings.WARDKEY_JWT_ISSUER,
            "aud": settings.WARDKEY_JWT_AUDIENCE,
        }
        return jwt.encode(claims, key.derive(_LABEL), _ALGORITHM, headers={"kid": key.id})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - simplejwt's signature
        """Return the claims of a good JWT of ours.

        Raises:
            TokenBackendError: it is not one; no header of it but ``kid`` is heeded.
        """
        if not verify:
            raise TokenBackendError("a JWT is read only when it is verified")
        try:
            key = key_ring().by_id[jwt.get_unverified_header(token)["kid"]]
            claims: dict[str, Any] = jwt.decode(
                token,
                key.derive(_LABEL),
                algorithms=[_ALGORITHM],
                issuer=settings.WARDKEY_JWT_ISSUER,
                audience=settings.WARDKEY_JWT_AUDIENCE,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]},
            )
        except (jwt.InvalidTokenError, KeyError, TypeError) as fault:
            raise TokenBackendError("not a good JWT") from fault
        return claims


class WardkeyAccessToken(AccessToken):
    """simplejwt's access token, issued and read by our own backend."""

    lifetime = LIFETIME
    _token_backend = KeyRingBackend()


def mint(membership: Membership, lifetime: timedelta = LIFETIME) -> str:
    """Return an access JWT for the person of ``membership``, good for ``lifetime``."""
    user = membership.user
    token = WardkeyAccessToken()
    token.set_exp(from_time=token.current_time, lifetime=lifetime)
    token.set_iat(at_time=token.current_time)
    token["sub"] = str(user.id)
    token["org_id"] = str(membership.organization_id)
    token["name"] = user.display_name
    if user.email:
        token["email"] = user.email
    return str(token)


def read(text: str) -> dict[str, Any]:
    """Return the claims of an access JWT of ours.

    Raises:
        BadJwt: it is not one, it has ended, or it is of another kind.
    """
    if len(text) > LONGEST_TEXT:
        raise BadJwt("longer than any JWT of ours")
    return dict(WardkeyAccessToken(text).payload)  # type: ignore[arg-type]  # stubs want bytes
