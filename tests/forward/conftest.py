"""An installation that signs identities, and what a service behind a gateway makes of them."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.test import Client

from tests.clients import present
from tokens.services.held_keys import HELD

AUDIENCE = "https://services.example.test"
ISSUER = "https://keys.example.test"
ADDRESS = "/.well-known/jwks.json"


@pytest.fixture
def signing(db: None, settings: Any) -> Iterator[None]:
    """Identities are signed; no keys are held yet."""
    HELD.forget()
    settings.WARDKEY_FORWARD_JWT = True
    settings.WARDKEY_FORWARD_JWT_AUDIENCE = AUDIENCE
    settings.WARDKEY_PUBLIC_URL = ISSUER
    yield
    HELD.forget()


def identity(secret: object) -> str:
    """Return the JWT that a gateway gets for a good token."""
    answer = present(secret)
    assert answer.status_code == 200
    scheme, _, text = answer.headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    return str(text)


def key_set() -> dict[str, Any]:
    """Return what is told at the address of the keys, once they have been read again."""
    HELD.forget()
    answer = Client().get(ADDRESS)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def read(text: str, told: dict[str, Any]) -> dict[str, Any]:
    """Return the claims, as a service reads them that knows the key set ``told``.

    Raises:
        KeyError: the key set has no such key.
        PyJWTError: it is not good.
    """
    kid = jwt.get_unverified_header(text)["kid"]
    key = jwt.PyJWKSet.from_dict(told)[kid]
    required = ["iss", "aud", "sub", "exp", "iat", "jti"]
    claims: dict[str, Any] = jwt.decode(
        text,
        key.key,
        algorithms=["ES256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": required},
    )
    return claims
