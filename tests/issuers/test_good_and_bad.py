"""JWTs of an external issuer: the good ones, and each changed in one thing."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts.models import AuditEvent, Membership, Organization
from tests.clients import RestClient
from tests.issuers.issuer import (
    AUDIENCE,
    EC_KEY,
    GONE,
    KEYS,
    NAME,
    NEXT_RSA_KEY,
    RSA_KEY,
    Issuer,
    claims,
    encoded,
    jwk,
    signed,
)

PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
LEEWAY = 30


def by_hmac(organization: object, secret: bytes, **header: Any) -> str:
    """Return a JWT that is signed with HMAC under ``secret``."""
    head = {"alg": "HS256", "typ": "JWT", "kid": "r1"} | header
    text = f"{encoded(head)}.{encoded(claims(organization))}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def unsigned(organization: object, algorithm: str) -> str:
    """Return a JWT without a signature."""
    head = {"alg": algorithm, "typ": "JWT", "kid": "r1"}
    return f"{encoded(head)}.{encoded(claims(organization))}."


def now(seconds: int = 0) -> int:
    """Return the time, moved."""
    return int(time.time()) + seconds


GOOD: dict[str, Callable[[object], str]] = {
    "RS256": signed,
    "ES256": lambda acme: signed(acme, key=EC_KEY, algorithm="ES256"),
    "several audiences": lambda acme: signed(acme, aud=["other", AUDIENCE]),
    "organization_id": lambda acme: signed(acme, org_id=GONE, organization_id=str(acme)),
    "both, and the same": lambda acme: signed(acme, organization_id=str(acme)),
    "no iat": lambda acme: signed(acme, iat=GONE),
    "jti": lambda acme: signed(acme, jti="x"),
    "at+jwt": lambda acme: signed(acme, header={"typ": "at+jwt"}),
    "no typ": lambda acme: signed(acme, header={"typ": GONE}),
    "jku and jwk, not heeded": lambda acme: signed(
        acme, header={"jku": "http://127.0.0.1:9/", "jwk": jwk(NEXT_RSA_KEY, "r1")}
    ),
    "within the leeway": lambda acme: signed(acme, exp=now(-5), nbf=now(20), iat=now(20)),
    "a time with a fraction": lambda acme: signed(acme, exp=now(60) + 0.5),
}
BAD: dict[str, Callable[[object], str]] = {
    "alg none": lambda acme: unsigned(acme, "none"),
    "alg None": lambda acme: unsigned(acme, "None"),
    "no signature": lambda acme: unsigned(acme, "RS256"),
    "HMAC with the public key": lambda acme: by_hmac(acme, PEM),
    "HMAC said to be RS256": lambda acme: by_hmac(acme, PEM, alg="RS256"),
    "HMAC with nothing": lambda acme: by_hmac(acme, b""),
    "another key": lambda acme: signed(acme, key=NEXT_RSA_KEY),
    "RS512, not configured": lambda acme: signed(acme, algorithm="RS512"),
    "PS256, not configured": lambda acme: signed(acme, algorithm="PS256"),
    "ES256 by the kid of RSA": lambda acme: signed(
        acme, key=EC_KEY, algorithm="ES256", header={"kid": "r1"}
    ),
    "RS256 by the kid of EC": lambda acme: signed(acme, header={"kid": "e1"}),
    "no alg": lambda acme: signed(acme, header={"alg": GONE}),
    "alg a list": lambda acme: signed(acme, header={"alg": ["RS256"]}),
    "no kid": lambda acme: signed(acme, header={"kid": GONE}),
    "kid unknown": lambda acme: signed(acme, header={"kid": "r9"}),
    "kid null": lambda acme: signed(acme, header={"kid": None}),
    "kid a list": lambda acme: signed(acme, header={"kid": ["r1"]}),
    "jwk": lambda acme: signed(
        acme, key=NEXT_RSA_KEY, header={"kid": "x", "jwk": jwk(NEXT_RSA_KEY, "x")}
    ),
    "jku": lambda acme: signed(
        acme, key=NEXT_RSA_KEY, header={"kid": "x", "jku": "http://127.0.0.1:9/keys"}
    ),
    "crit": lambda acme: signed(acme, header={"crit": ["b64"], "b64": True}),
    "typ logout": lambda acme: signed(acme, header={"typ": "logout+jwt"}),
    "typ wk-forward+jwt": lambda acme: signed(acme, header={"typ": "wk-forward+jwt"}),
    "typ a number": lambda acme: signed(acme, header={"typ": 1}),
    "iss wrong": lambda acme: signed(acme, iss="https://elsewhere.test"),
    "iss without its slash": lambda acme: signed(acme, iss=NAME.rstrip("/")),
    "iss missing": lambda acme: signed(acme, iss=GONE),
    "iss a list": lambda acme: signed(acme, iss=[NAME]),
    "aud wrong": lambda acme: signed(acme, aud="elsewhere"),
    "aud our own": lambda acme: signed(acme, aud="wardkey"),
    "aud missing": lambda acme: signed(acme, aud=GONE),
    "aud empty": lambda acme: signed(acme, aud=[]),
    "exp missing": lambda acme: signed(acme, exp=GONE),
    "exp past": lambda acme: signed(acme, exp=now(-LEEWAY - 1)),
    "exp null": lambda acme: signed(acme, exp=None),
    "exp a text": lambda acme: signed(acme, exp=str(now(60))),
    "exp true": lambda acme: signed(acme, exp=True),
    "exp beyond time": lambda acme: signed(acme, exp=10**20),
    "exp infinite": lambda acme: signed(acme, exp=float("inf")),
    "exp not a number": lambda acme: signed(acme, exp=float("nan")),
    "nbf to come": lambda acme: signed(acme, nbf=now(LEEWAY + 10)),
    "nbf a text": lambda acme: signed(acme, nbf="0"),
    "iat to come": lambda acme: signed(acme, iat=now(LEEWAY + 10)),
    "sub missing": lambda acme: signed(acme, sub=GONE),
    "sub a number": lambda acme: signed(acme, sub=1),
    "sub empty": lambda acme: signed(acme, sub=""),
    "sub with NUL": lambda acme: signed(acme, sub="ada\0"),
    "sub half a pair": lambda acme: signed(acme, sub="ada\ud800"),
    "sub long": lambda acme: signed(acme, sub="a" * 256),
    "sub in capitals": lambda acme: signed(acme, sub="ADA"),
    "org_id missing": lambda acme: signed(acme, org_id=GONE),
    "org_id null": lambda acme: signed(acme, org_id=None),
    "org_id a list": lambda acme: signed(acme, org_id=[str(acme)]),
    "org_id a slug": lambda _: signed("acme"),
    "org_id with NUL": lambda _: signed("acme\0"),
    "org_id in braces": lambda acme: signed(f"{{{acme}}}"),
    "org_id and another organization_id": lambda acme: signed(acme, organization_id="x"),
    "a refresh token": lambda acme: signed(acme, token_type="refresh"),
    "an identity token": lambda acme: signed(acme, token_use="id"),
    "typ ID, as a claim": lambda acme: signed(acme, typ="ID"),
    "typ ID, in the header": lambda acme: signed(acme, header={"typ": "ID"}),
    "nonce": lambda acme: signed(acme, nonce="n-0S6_WzA2Mj"),
    "nonce null": lambda acme: signed(acme, nonce=None),
    "at_hash": lambda acme: signed(acme, at_hash="77QmUPtjPfzWtF2AnpK9RQ"),
    "c_hash": lambda acme: signed(acme, c_hash="LDktKdoQak3Pk0cnXxCltA"),
    "huge": lambda acme: signed(acme, name="x" * 20_000),
    "cut short": lambda acme: signed(acme)[:-2],
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD)
def test_a_good_jwt_is_its_person(
    make: Callable[[object], str], issuer: Issuer, ada: Membership, door: str
) -> None:
    answer = RestClient(door, make(ada.organization_id)).get("/whoami")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["principal"] == {"id": str(ada.user_id), "name": "Ada", "type": "user"}
    assert told["organization"]["slug"] == "acme"
    assert told["role"] == "developer"


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_a_jwt_that_is_not_good_is_refused_like_any_other(
    make: Callable[[object], str], issuer: Issuer, ada: Membership
) -> None:
    uniform = RestClient("", "nothing").get("/whoami").json()
    answer = RestClient("", make(ada.organization_id)).get("/whoami")
    assert answer.status_code == 401
    challenge = 'Bearer realm="wardkey", error="invalid_token"'
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.json() | {"errorId": ""} == uniform | {"errorId": ""}


def test_an_algorithm_is_refused_that_the_issuer_is_not_configured_with(
    issuer: Issuer, ada: Membership, settings: Any
) -> None:
    settings.WARDKEY_ISSUERS = issuer.configured(algorithms=["ES256"])
    by_ec = signed(ada.organization_id, key=EC_KEY, algorithm="ES256")
    assert RestClient("", by_ec).get("/whoami").status_code == 200
    assert RestClient("", signed(ada.organization_id)).get("/whoami").status_code == 401


def test_keys_come_from_a_file_too(
    issuer: Issuer, ada: Membership, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    settings.WARDKEY_ISSUERS = issuer.configured(jwks_url=GONE, jwks_file=str(file))
    assert RestClient("", signed(ada.organization_id)).get("/whoami").status_code == 401
    file.write_bytes(KEYS)
    # Another configuration has keys of its own, and no pause yet.
    settings.WARDKEY_ISSUERS = issuer.configured(
        jwks_url=GONE, jwks_file=str(file), create_members=True
    )
    assert RestClient("", signed(ada.organization_id)).get("/whoami").status_code == 200
    assert issuer.fetches == 0


def test_several_issuers_speak_each_with_its_own_keys(
    issuer: Issuer, ada: Membership, settings: Any
) -> None:
    other = Issuer()
    second = {"issuer": "https://second.test", "audience": "second"}
    both = json.loads(issuer.configured()) + json.loads(other.configured(**second))
    settings.WARDKEY_ISSUERS = json.dumps(both)
    try:
        assert RestClient("", signed(ada.organization_id)).get("/whoami").status_code == 200
        theirs = signed(ada.organization_id, iss=second["issuer"], aud=second["audience"])
        assert RestClient("", theirs).get("/whoami").status_code == 401, "their ada is not ours"
        assert (issuer.fetches, other.fetches) == (1, 1)
    finally:
        other.stop()


def test_our_own_jwts_are_read_beside_an_issuers(issuer: Issuer, rest: RestClient) -> None:
    assert rest.get("/whoami").status_code == 200
    assert issuer.fetches == 0


def test_claims_have_the_names_that_the_configuration_says(
    issuer: Issuer, ada: Membership, settings: Any
) -> None:
    names = {"user": "person", "organization": "tenant"}
    settings.WARDKEY_ISSUERS = issuer.configured(claims=names)
    told: dict[str, Any] = {
        "sub": GONE,
        "org_id": GONE,
        "person": "ada",
        "tenant": str(ada.organization_id),
    }
    assert RestClient("", signed("", **told)).get("/whoami").status_code == 200
    assert RestClient("", signed(ada.organization_id)).get("/whoami").status_code == 401


def test_a_persons_jwt_does_not_verify(issuer: Issuer, ada: Membership) -> None:
    gate = RestClient("/api", signed(ada.organization_id))
    assert gate.ask("get", "/tokens/validate", documented=False).status_code == 401
    assert issuer.fetches == 0


def test_a_person_from_outside_writes_under_their_own_name(
    issuer: Issuer, ada: Membership, acme: Organization
) -> None:
    client = RestClient("/api", signed(acme.id))
    assert client.post("/service-accounts", {"name": "Made"}).status_code == 201
    line = AuditEvent.objects.get(action="service_account.created")
    assert (line.actor_id, line.actor_name, line.actor_type) == (ada.user_id, "Ada", "user")


def test_the_forger_signs_as_a_library_does(issuer: Issuer, ada: Membership) -> None:
    assert isinstance(RSA_KEY, rsa.RSAPrivateKey)
    text = pyjwt.encode(claims(ada.organization_id), RSA_KEY, "RS256", headers={"kid": "r1"})
    assert RestClient("", text).get("/whoami").status_code == 200


def test_an_organization_that_takes_an_id_for_its_slug_is_not_spoken_for_by_it(
    issuer: Issuer, ada: Membership, outsider: Membership, settings: Any
) -> None:
    rival = outsider.organization
    Organization.objects.filter(pk=rival.pk).update(slug=str(ada.organization_id))
    settings.WARDKEY_ISSUERS = issuer.configured(
        organizations=[str(ada.organization_id)], create_members=True
    )
    assert RestClient("", signed(ada.organization_id)).get("/whoami").status_code == 200
    assert RestClient("", signed(rival.id)).get("/whoami").status_code == 401
