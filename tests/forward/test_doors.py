"""No door of Wardkey takes a signed identity for a credential, however it is configured."""

import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts.issuers import key_sets, reading
from accounts.issuers.identity import read_identity
from accounts.issuers.reading import NotGood
from accounts.issuers.trust import SignIn, trusted_issuers
from accounts.jwt import BadJwt
from accounts.jwt import read as read_own
from accounts.models import Membership, Organization
from config.checks import external_issuers
from config.forward_jwt import audience
from tests.clients import FORM, RestClient, present
from tests.forward.conftest import AUDIENCE, ISSUER, identity, key_set
from tests.issuers.issuer import encoded
from tokens.services.held_keys import HELD
from tokens.services.issue import IssuedToken

pytestmark = pytest.mark.usefixtures("signing")

ADDRESSES = ["/whoami", "/scopes", "/audit-events", "/service-accounts"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_rest_api_refuses_it(address: str, door: str, ci: IssuedToken) -> None:
    answer = RestClient(door, identity(ci.secret)).get(address)
    assert (answer.status_code, answer.json()["code"]) == (401, "Auth.NoIdentity")


def test_verify_refuses_it(ci: IssuedToken) -> None:
    answer = present(identity(ci.secret))
    assert (answer.status_code, "Authorization" in answer.headers) == (401, False)


def test_introspection_says_that_it_is_not_active(ci: IssuedToken, rest: RestClient) -> None:
    body = {"token": identity(ci.secret)}
    answer = rest.post("/oauth/introspect", body, content_type=FORM)
    assert answer.json() == {"active": False}


def test_it_introspects_nothing(ci: IssuedToken, rest: RestClient) -> None:
    client = rest.acting_as(identity(ci.secret))
    answer = client.post("/oauth/introspect", {"token": str(ci.secret)}, content_type=FORM)
    assert answer.status_code == 401


def test_it_is_no_refresh_token(ci: IssuedToken, anyone: RestClient) -> None:
    body = {"refresh": identity(ci.secret)}
    assert anyone.post("/auth/token/refresh", body).status_code == 401


@pytest.mark.parametrize("address", ["/console/acme/service-accounts", "/admin/"])
def test_it_opens_no_page(address: str, ci: IssuedToken) -> None:
    answer = Client().get(address, headers={"Authorization": f"Bearer {identity(ci.secret)}"})
    assert answer.status_code == 302
    assert "sign-in" in answer.headers["Location"]


def test_it_reads_no_counts(ci: IssuedToken, settings: Any) -> None:
    settings.WARDKEY_METRICS_TOKEN = "a token of the tests"
    headers = {"Authorization": f"Bearer {identity(ci.secret)}"}
    assert Client().get("/metrics", headers=headers).status_code == 401


def trust_ourselves(settings: Any, tmp_path: Any, **changes: Any) -> None:
    """Trust our own signed identities, as an operator might by mistake."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(key_set()))
    entry = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks_file": str(file),
        "algorithms": ["ES256"],
        "organizations": ["*"],
        "create_members": True,
        "default_role": "admin",
    }
    key_sets.key_set.cache_clear()
    settings.WARDKEY_ISSUERS = json.dumps([entry | changes])


def test_an_installation_that_trusts_itself_as_an_issuer_refuses_it(
    ci: IssuedToken, acme: Organization, settings: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    trust_ourselves(settings, tmp_path)
    text = identity(ci.secret)
    client = RestClient(credential=text)
    assert client.get("/whoami").status_code == 401
    with pytest.raises(NotGood, match="another kind"):
        reading.read_claims(text, trusted_issuers()[ISSUER])
    monkeypatch.setattr(reading, "_KINDS", {"jwt", "wk-forward+jwt"})
    assert client.get("/whoami").status_code == 200, "it is the kind alone that is refused"


def test_it_signs_nobody_in_at_the_console(
    ci: IssuedToken, settings: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    trust_ourselves(settings, tmp_path)
    client = SignIn(id="own", name="Own", client_id=AUDIENCE, client_secret="x")
    with pytest.raises(NotGood, match="another kind"):
        read_identity(identity(ci.secret), trusted_issuers()[ISSUER], client, "nonce")


def test_our_own_name_as_an_issuers_is_refused_at_start(settings: Any, tmp_path: Any) -> None:
    settings.WARDKEY_JWT_ISSUER = ISSUER
    trust_ourselves(settings, tmp_path)
    [error] = external_issuers()
    assert "WARDKEY_ISSUERS cannot be used" in error.msg


def signed_by_hash(claims: dict[str, Any], header: dict[str, Any], secret: bytes) -> str:
    """Return a JWT under HMAC, by hand: libraries refuse a public key for it."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def test_no_public_key_serves_as_the_secret_of_one(owner: Membership, settings: Any) -> None:
    told = key_set()["keys"][1]
    public = HELD.now().current.private.public_key()
    forms = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(told).encode(),
        told["x"].encode(),
    ]
    now = int(time.time())
    claims = {
        "iss": settings.WARDKEY_JWT_ISSUER,
        "aud": settings.WARDKEY_JWT_AUDIENCE,
        "sub": str(owner.user_id),
        "org_id": str(owner.organization_id),
        "token_type": "access",
        "jti": "made up",
        "iat": now,
        "exp": now + 60,
    }
    for kid in (told["kid"], settings.WARDKEY_SECRET_KEYS[0].id):
        for secret in forms:
            forged = signed_by_hash(claims, {"alg": "HS256", "typ": "JWT", "kid": kid}, secret)
            assert RestClient(credential=forged).get("/whoami").status_code == 401
        for algorithm in ("none", "None", ""):
            bare = f"{encoded({'alg': algorithm, 'typ': 'JWT', 'kid': kid})}.{encoded(claims)}."
            assert RestClient(credential=bare).get("/whoami").status_code == 401
        signed = jwt.encode(claims, HELD.now().current.private, "ES256", headers={"kid": kid})
        assert RestClient(credential=signed).get("/whoami").status_code == 401
        with pytest.raises(BadJwt):
            read_own(signed)


@pytest.mark.parametrize("text", ["", "wardkey", "http://localhost", "http://127.0.0.1:8123"])
def test_an_audience_that_is_missing_or_our_own_is_refused_at_start(
    text: str,
) -> None:
    own = ("wardkey", "http://localhost", "http://127.0.0.1:8123")
    with pytest.raises(ImproperlyConfigured, match=r"WARDKEY_FORWARD_JWT_AUDIENCE .*https://"):
        audience(text, is_on=True, own=own)
    assert audience(text, is_on=False, own=own) == text
    assert audience(AUDIENCE, is_on=True, own=own) == AUDIENCE
