"""The peers, and the requests by which each is asked who somebody is."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt

JWT_KEY = "benchmarks-only-key-of-more-than-32-bytes"
INTROSPECTION = "introspection-" + "0" * 32
"""The token of the service that introspects the others."""
JWT_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Peer:
    """A library beside Wardkey."""

    name: str
    request: Callable[[int], bytes]
    """Returns the request of the user of a number."""
    can_revoke: bool = True
    tells: bytes = b"200 OK"
    """What stands in a good answer."""


def secret_of(number: int) -> str:
    """Return the text that every credential of a user is made of (``peers/filling.py``)."""
    return hashlib.sha256(f"secret-{number}".encode()).hexdigest()


def api_key_of(number: int) -> str:
    """Return the key of djangorestframework-api-key."""
    return f"{number:08}.{secret_of(number)[:32]}"


def jwt_of(number: int) -> str:
    """Return an access JWT as simplejwt issues it."""
    now = int(time.time())
    claims = {
        "token_type": "access",
        "exp": now + JWT_SECONDS,
        "iat": now,
        "jti": f"{number:032x}",
        "user_id": str(number),
    }
    return jwt.encode(claims, JWT_KEY, "HS256")


def get(path: str, authorization: str) -> bytes:
    """Return a GET with the header ``Authorization``."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {authorization}\r\n\r\n".encode()


def introspect(number: int) -> bytes:
    """Return the introspection of a user's token, asked by a service with a token of its own."""
    body = f"token={secret_of(number)}"
    return (
        f"POST /introspect HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {INTROSPECTION}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"\r\n{body}"
    ).encode()


PEERS = (
    Peer("DRF TokenAuthentication", lambda n: get("/drf", f"Token {secret_of(n)[:40]}")),
    Peer("django-rest-knox", lambda n: get("/knox", f"Token {secret_of(n)}")),
    Peer("djangorestframework-api-key", lambda n: get("/api-key", f"Api-Key {api_key_of(n)}")),
    Peer("simplejwt with user", lambda n: get("/jwt-user", f"Bearer {jwt_of(n)}")),
    Peer(
        "simplejwt, stateless (cannot revoke)",
        lambda n: get("/jwt-stateless", f"Bearer {jwt_of(n)}"),
        can_revoke=False,
    ),
    Peer("oauth-toolkit introspection", introspect, tells=b'"active": true'),
)
