"""An issuer that the tests run themselves: keys, JWTs, and a server of the key set."""

import base64
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

NAME = "https://login.example.test/"
AUDIENCE = "wardkey-api"
GONE = object()

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NEXT_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
EC_KEY = ec.generate_private_key(ec.SECP256R1())

Answer = Callable[[BaseHTTPRequestHandler], None]


def encoded(part: Any) -> str:
    """Return base64url without padding, of bytes or of JSON."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def jwk(key: Private, kid: object, **changes: Any) -> dict[str, Any]:
    """Return the public half of a key as a JWK, with these changes."""
    public: Any = key.public_key()
    maker: Any = (
        jwt.algorithms.RSAAlgorithm
        if isinstance(key, rsa.RSAPrivateKey)
        else jwt.algorithms.ECAlgorithm
    )
    told = json.loads(maker.to_jwk(public)) | {"kid": kid, "use": "sig"} | changes
    told.pop("key_ops", None) if "key_ops" not in changes else None
    return {name: value for name, value in told.items() if value is not GONE}


def key_set(*keys: dict[str, Any]) -> bytes:
    """Return a JWKS of these keys."""
    return json.dumps({"keys": list(keys)}).encode()


def sends(content: bytes, status: int = 200, **headers: str) -> Answer:
    """Return an answer of this body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


KEYS = key_set(jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1"))


class Issuer:
    """A running issuer: it counts who asks for its keys, and may be made to misbehave.

    ``finished`` counts the answers that were not hung up on.
    """

    def __init__(self) -> None:
        self.fetches = self.finished = 0
        self.answer: Answer = sends(KEYS)
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Count, and answer as the issuer now does."""
                issuer.fetches += 1
                issuer.answer(self)
                issuer.finished += 1

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # hung up on
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"

    def stop(self) -> None:
        """Be down from now on."""
        self._server.shutdown()
        self._server.server_close()

    def configured(self, **changes: Any) -> str:
        """Return a ``WARDKEY_ISSUERS`` that trusts this issuer alone, with these changes."""
        return configuration(**{"jwks_url": self.url} | changes)


def configuration(**changes: Any) -> str:
    """Return a ``WARDKEY_ISSUERS`` that trusts the issuer, with these members too."""
    told = {
        "issuer": NAME,
        "audience": AUDIENCE,
        "algorithms": ["RS256", "ES256"],
        "organizations": ["*"],
    } | changes
    return json.dumps([{name: value for name, value in told.items() if value is not GONE}])


def claims(organization: object, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good JWT, with these changes."""
    now = int(time.time())
    told = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": "ada",
        "org_id": str(organization),
        "iat": now,
        "exp": now + 300,
    } | changes
    return {name: value for name, value in told.items() if value is not GONE}


def signed(
    organization: object,
    *,
    key: Private = RSA_KEY,
    algorithm: str = "RS256",
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Return a JWT for ``organization`` (an id or external id), with these changes."""
    told = claims(organization, **changes)
    kid = "r1" if isinstance(key, rsa.RSAPrivateKey) else "e1"
    head = {"alg": algorithm, "typ": "JWT", "kid": kid} | (header or {})
    head = {name: value for name, value in head.items() if value is not GONE}
    text = f"{encoded(head)}.{encoded(told)}"
    maker = jwt.get_algorithm_by_name(algorithm)
    return f"{text}.{encoded(maker.sign(text.encode(), key))}"
