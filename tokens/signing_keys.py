"""The keys that sign identities for services: ES256 (RFC 7518 section 3.4), and as JWKs.

Pure: whoever has a key's bytes has the key, and its name is made of it.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from jwt.algorithms import ECAlgorithm
from jwt.utils import base64url_encode

ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair. ``kid`` is the thumbprint of its public half (RFC 7638)."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    kid: str
    jwk: dict[str, str] = field(compare=False)
    """The public half (RFC 7517): all that anybody else needs."""

    @classmethod
    def make(cls) -> "SigningKey":
        """Return a new pair, by the operating system's generator."""
        return cls._of(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, content: bytes) -> "SigningKey":
        """Return the pair that ``content`` of another one was taken from.

        Raises:
            ValueError: it is no key of this kind.
        """
        private = load_der_private_key(content, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError("not a key for ES256")  # noqa: TRY004 - what is wrong is the content
        return cls._of(private)

    @property
    def content(self) -> bytes:
        """The private half in PKCS #8, to be sealed before it goes anywhere."""
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @classmethod
    def _of(cls, private: ec.EllipticCurvePrivateKey) -> "SigningKey":
        told: dict[str, Any] = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        point = {name: str(told[name]) for name in ("crv", "kty", "x", "y")}
        canonical = json.dumps(point, separators=(",", ":"), sort_keys=True).encode()
        kid = base64url_encode(hashlib.sha256(canonical).digest()).decode()
        return cls(private, kid, {**point, "kid": kid, "use": "sig", "alg": ALGORITHM})


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The three keys that are told: one signs, one will, and one has until lately."""

    next: SigningKey
    current: SigningKey
    previous: SigningKey

    @property
    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The key set (RFC 7517 section 5) of all three."""
        return {"keys": [self.next.jwk, self.current.jwk, self.previous.jwk]}
