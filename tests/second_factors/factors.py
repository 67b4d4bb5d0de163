"""People with second factors, and the codes that their apps would show."""

import base64
import hashlib
import hmac
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from accounts.models import User
from tests.clients import Answer, RestClient
from tests.conftest import PASSWORD

STEP_SECONDS = 30


def enrol_app(person: User, secret: str | None = None) -> str:
    """Give a person an authenticator app, as the console does, and return its secret."""
    secret = secret or str(generate_totp_secret())
    TOTP.activate(person, secret)
    return secret


def enrol_recovery_codes(person: User) -> list[str]:
    """Give a person recovery codes, as the console does, and return them."""
    return list(RecoveryCodes.activate(person).generate_codes())


def enrol_passkey(person: User) -> None:
    """Give a person a passkey; no test here proves it."""
    Authenticator.objects.create(
        user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
    )


def code_at(secret: str, step: int) -> str:
    """Return what an app with this secret shows in a step (RFC 6238 with its defaults)."""
    key = base64.b32decode(secret)
    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def wrong_code(secret: str, step: int) -> str:
    """Return a code that is right in no step near this one."""
    right = {code_at(secret, step + near) for near in range(-3, 4)}
    return next(code for code in map(str, range(918_273, 918_283)) if code not in right)


def sign_in(door: str = "/api", **body: Any) -> Answer:
    """Ask for a JWT, as the owner of `acme` unless told."""
    body = {"email": "owner@acme.test", "password": PASSWORD, **body}
    return RestClient(door).post("/auth/token", body)


def refused(answer: Answer) -> bool:
    """Say whether a second factor was demanded."""
    told = answer.json()
    return (answer.status_code, told.get("code")) == (401, "Auth.SecondFactorRequired")
