"""A passkey of software: it answers the pages' options as a browser's authenticator does."""

import json
import re
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from accounts.models import User

ADD = "/console/-/second-factors/passkey"
ALONE = "/console/-/sign-in/passkey"

_HOST = "testserver"
_FLAG = AuthenticatorData.FLAG


class Passkey:
    """One key for one person; ``asks`` says whether it asks for a PIN or a finger."""

    def __init__(self, person: User, *, asks: bool = True) -> None:
        self.asks = asks
        self._id = secrets.token_bytes(16)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._person = str(person.pk)

    def made(self, options: dict[str, Any], **more: Any) -> str:
        """Return what a browser sends of a new passkey, with ``more`` members."""
        key = self._key.public_key()
        public = ES256.from_cryptography_key(key)  # type: ignore[no-untyped-call] # fido2's own
        attested = AttestedCredentialData.create(Aaguid.NONE, self._id, public)
        told = self._told(_FLAG.AT, attested)
        response = {
            "clientDataJSON": websafe_encode(_client_data("webauthn.create", options)),
            "attestationObject": websafe_encode(AttestationObject.create("none", told, {})),
        }
        return json.dumps(self._credential(response) | more)

    def proved(self, options: dict[str, Any]) -> str:
        """Return what a browser sends to sign in with it."""
        told, client = self._told(_FLAG(0)), _client_data("webauthn.get", options)
        signature = self._key.sign(told + sha256(client), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(told),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(self._person.encode()),
        }
        return json.dumps(self._credential(response))

    def _told(self, flags: Any, attested: bytes = b"") -> AuthenticatorData:
        flags |= _FLAG.UP | (_FLAG.UV if self.asks else _FLAG(0))
        host = sha256(_HOST.encode())
        told: AuthenticatorData = AuthenticatorData.create(host, flags, 0, attested)
        return told

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        shown = websafe_encode(self._id)
        return {"id": shown, "rawId": shown, "type": "public-key", "response": response}


def options_on(page: Any) -> dict[str, Any]:
    """Return what a page asks its browser to sign."""
    found = re.search(r'id="passkey-options"[^>]*>([^<]+)<', page.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(found[1])
    return options


def add_passkey(client: Client, person: User) -> Passkey:
    """Add a passkey at the page for it, and return it."""
    passkey = Passkey(person)
    answer = client.post(
        ADD, {"name": "Key", "credential": passkey.made(options_on(client.get(ADD)))}
    )
    assert answer.status_code == 303, answer.content.decode()
    return passkey


def _client_data(kind: str, options: dict[str, Any]) -> CollectedClientData:
    challenge = websafe_decode(options["publicKey"]["challenge"])
    return CollectedClientData.create(kind, challenge, f"http://{_HOST}")
