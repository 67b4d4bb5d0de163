"""An OpenID Connect provider that the tests run themselves: it signs in whom they say.

It holds a client to the protocol: the redirect address, PKCE (S256), the client's secret, a
code that is good once.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from tests.issuers.issuer import GONE, RSA_KEY, Private, encoded, jwk, key_set

CLIENT_ID, CLIENT_SECRET = "wardkey-console", "a client's secret of the tests"
ID = "test-login"


class Provider:
    """A running provider: ``subject`` signs in next.

    ``claims`` and ``header`` change what the ID token says.
    """

    def __init__(self, callback: str) -> None:
        self.callback = f"{callback}/console/-/sign-in/at/{ID}/done"
        self.subject = "ada"
        self.header: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.key: Private = RSA_KEY
        self.discovery: dict[str, Any] = {}
        self.discovered: Any = GONE
        self.exchanged: Any = GONE
        """What it answers in place of a discovery document, or of tokens."""
        self.faults: list[str] = []
        """What a client did that the protocol does not allow."""
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Answer what a browser or a client asks for."""
                parts = urlsplit(self.path)
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                provider.answer(self, parts.path, asked)

            def do_POST(self) -> None:
                """Answer a client that exchanges its code."""
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked = {name: values[0] for name, values in parse_qs(body).items()}
                provider.answer(self, self.path, asked)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Be down from now on."""
        self._server.shutdown()
        self._server.server_close()

    def configured(self, **changes: Any) -> str:
        """Return a ``WARDKEY_ISSUERS`` with this provider, with these changes."""
        told = {
            "issuer": self.url,
            "audience": "wardkey-api",
            "jwks_url": f"{self.url}/keys",
            "algorithms": ["RS256"],
            "organizations": ["*"],
            "sign_in": {
                "id": ID,
                "name": "Test login",
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
            },
        } | changes
        return json.dumps([{name: value for name, value in told.items() if value is not GONE}])

    def answer(self, handler: BaseHTTPRequestHandler, path: str, asked: dict[str, str]) -> None:
        """Answer one request."""
        answers = {
            "/.well-known/openid-configuration": self._discover,
            "/keys": lambda _: json.loads(key_set(jwk(RSA_KEY, "r1"))),
            "/token": self._exchange,
        }
        if path == "/authorize":
            handler.send_response(302)
            handler.send_header("Location", self._authorized(asked))
            handler.end_headers()
            return
        told = answers[path](asked) if path in answers else {"error": "nothing is here"}
        is_fault = isinstance(told, dict) and "error" in told
        handler.send_response(400 if is_fault else 200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        handler.wfile.write(json.dumps(told).encode())

    def _discover(self, _: dict[str, str]) -> Any:
        if self.discovered is not GONE:
            return self.discovered
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        } | self.discovery

    def _authorized(self, asked: dict[str, str]) -> str:
        """Sign ``subject`` in, and send the browser back with a code."""
        demanded = {
            "client_id": CLIENT_ID,
            "redirect_uri": self.callback,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        self.faults += [name for name, value in demanded.items() if asked.get(name) != value]
        self.faults += [
            name for name in ("state", "nonce", "code_challenge") if not asked.get(name)
        ]
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{self.callback}?{urlencode({'code': code, 'state': asked.get('state', '')})}"

    def _exchange(self, asked: dict[str, str]) -> Any:
        if self.exchanged is not GONE:
            return self.exchanged
        begun = self._codes.pop(asked.get("code", ""), None)
        verifier = asked.get("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        is_client = (asked.get("client_id"), asked.get("client_secret")) == (
            CLIENT_ID,
            CLIENT_SECRET,
        )
        if begun is None or not is_client or challenge != begun["code_challenge"]:
            return {"error": "invalid_grant"}
        return {
            "access_token": secrets.token_urlsafe(16),
            "token_type": "Bearer",
            "id_token": self._id_token(begun["nonce"]),
        }

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        told = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": self.subject,
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "name": "Ada at the provider",
            "email": "owner@acme.test",
        } | self.claims
        told = {name: value for name, value in told.items() if value is not GONE}
        head = {"alg": "RS256", "typ": "JWT", "kid": "r1"} | self.header
        text = f"{encoded(head)}.{encoded(told)}"
        signature = jwt.get_algorithm_by_name("RS256").sign(text.encode(), self.key)
        return f"{text}.{encoded(signature)}"
