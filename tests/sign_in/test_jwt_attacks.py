"""JWTs that are not good, each changed in one thing from one that is."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts import jwt
from accounts.keys import ServerKey, key_ring, parse_keys
from accounts.models import Membership
from tests.clients import RestClient
from tests.settings import TEST_KEYS

Claims = dict[str, Any]
GONE = object()
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def encoded(part: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def forged(
    membership: Membership,
    *,
    header: Claims | None = None,
    key: bytes | None = None,
    algorithm: str = "HS256",
    **changes: Any,
) -> str:
    """Return a JWT of ``membership`` with these changes, rightly signed unless ``key`` is given."""
    claims = {
        name: value for name, value in (good(membership) | changes).items() if value is not GONE
    }
    head = {"alg": algorithm, "typ": "JWT", "kid": key_ring().first.id} | (header or {})
    head = {name: value for name, value in head.items() if value is not GONE}
    signed = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(claims).encode())}"
    secret = key_ring().first.derive("jwt") if key is None else key
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), HASHES[algorithm]))}"


def good(membership: Membership) -> Claims:
    """Return the claims of a good JWT of the member."""
    return jwt.read(jwt.mint(membership))


def unsigned(membership: Membership, algorithm: str) -> str:
    """Return a JWT without a signature."""
    head = {"alg": algorithm, "typ": "JWT", "kid": key_ring().first.id}
    parts = [encoded(json.dumps(part).encode()) for part in (head, good(membership))]
    return f"{'.'.join(parts)}."


def by_rsa(membership: Membership, **header: Any) -> str:
    """Return a JWT signed by a key of the attacker's."""
    head = {"kid": key_ring().first.id, **header}
    return pyjwt.encode(good(membership), RSA_KEY, "RS256", headers=head)


def _public_jwk() -> Claims:
    return json.loads(pyjwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key()))  # type: ignore[no-any-return]


OCT = {"kty": "oct", "k": encoded(b"a" * 32)}
ATTACKS: dict[str, Callable[[Membership], str]] = {
    "alg none": lambda who: unsigned(who, "none"),
    "alg None": lambda who: unsigned(who, "None"),
    "alg empty": lambda who: unsigned(who, ""),
    "no signature": lambda who: unsigned(who, "HS256"),
    "none with a signature": lambda who: forged(who, header={"alg": "none"}),
    "no alg": lambda who: forged(who, header={"alg": GONE}),
    "another HMAC": lambda who: forged(who, algorithm="HS512"),
    "HS384": lambda who: forged(who, algorithm="HS384"),
    "another key": lambda who: forged(who, key=b"x" * 32),
    "an empty key": lambda who: forged(who, key=b""),
    "the server key itself": lambda who: forged(who, key=key_ring().first.material),
    "the key of another purpose": lambda who: forged(who, key=key_ring().first.derive("cursors")),
    "the key id as key": lambda who: forged(who, key=b"k2"),
    "a public key as key": lambda who: forged(who, key=PUBLIC_PEM),
    "RS256": by_rsa,
    "RS256 said of HS256": lambda who: forged(who, header={"alg": "RS256"}),
    "jwk": lambda who: by_rsa(who, jwk=_public_jwk()),
    "jwk of HMAC": lambda who: forged(who, header={"jwk": OCT}, key=b"a" * 32),
    "jku": lambda who: by_rsa(who, jku="http://127.0.0.1:9/keys"),
    "x5u": lambda who: by_rsa(who, x5u="http://127.0.0.1:9/cert"),
    "x5c": lambda who: by_rsa(who, x5c=["MIIB"]),
    "another loaded kid": lambda who: forged(who, header={"kid": "k1"}),
    "an unknown kid": lambda who: forged(who, header={"kid": "k9"}),
    "no kid": lambda who: forged(who, header={"kid": GONE}),
    "kid null": lambda who: forged(who, header={"kid": None}),
    "kid a list": lambda who: forged(who, header={"kid": ["k2"]}),
    "kid a number": lambda who: forged(who, header={"kid": 2}),
    "kid a path": lambda who: forged(who, header={"kid": "../../../dev/null"}, key=b""),
    "kid an injection": lambda who: forged(who, header={"kid": "k2' or '1'='1"}),
    "iss wrong": lambda who: forged(who, iss="https://elsewhere.test"),
    "iss missing": lambda who: forged(who, iss=GONE),
    "iss with a slash": lambda who: forged(who, iss=f"{good(who)['iss']}/"),
    "aud wrong": lambda who: forged(who, aud="elsewhere"),
    "aud missing": lambda who: forged(who, aud=GONE),
    "aud empty": lambda who: forged(who, aud=[]),
    "exp missing": lambda who: forged(who, exp=GONE),
    "exp past": lambda who: forged(who, exp=int(time.time()) - 1),
    "exp now": lambda who: forged(who, exp=int(time.time())),
    "exp null": lambda who: forged(who, exp=None),
    "exp a text": lambda who: forged(who, exp="never"),
    "exp a text of digits": lambda who: forged(who, exp="99999999999"),
    "exp beyond time": lambda who: forged(who, exp=10**20),
    "exp far beyond time": lambda who: forged(who, exp=10**400),
    "exp negative": lambda who: forged(who, exp=-1),
    "nbf in the future": lambda who: forged(who, nbf=int(time.time()) + 300),
    "nbf a text": lambda who: forged(who, nbf="now"),
    "iat in the future": lambda who: forged(who, iat=int(time.time()) + 300),
    "iat missing": lambda who: forged(who, iat=GONE),
    "iat a text": lambda who: forged(who, iat="now"),
    "sub missing": lambda who: forged(who, sub=GONE),
    "sub a number": lambda who: forged(who, sub=1),
    "sub no id": lambda who: forged(who, sub="owner@acme.test"),
    "sub unknown": lambda who: forged(who, sub=str(uuid.uuid4())),
    "org_id missing": lambda who: forged(who, org_id=GONE),
    "org_id null": lambda who: forged(who, org_id=None),
    "org_id a slug": lambda who: forged(who, org_id="acme"),
    "org_id a list": lambda who: forged(who, org_id=[good(who)["org_id"]]),
    "org_id unknown": lambda who: forged(who, org_id=str(uuid.uuid4())),
    "jti missing": lambda who: forged(who, jti=GONE),
    "jti null": lambda who: forged(who, jti=None),
    "token_type refresh": lambda who: forged(who, token_type="refresh"),
    "token_type missing": lambda who: forged(who, token_type=GONE),
    "huge": lambda who: forged(who, name="x" * 20_000),
    "payload a list": lambda _: f"{encoded(b'{}')}.{encoded(b'[]')}.{encoded(b'')}",
    "bad base64": lambda who: jwt.mint(who).replace(".", ".=", 1),
    "cut short": lambda who: jwt.mint(who)[:-2],
    "two parts": lambda who: jwt.mint(who).rpartition(".")[0],
    "four parts": lambda who: f"{jwt.mint(who)}.x",
    "dots": lambda _: "...",
    "one dot": lambda _: "a.b",
    "doubled": lambda who: jwt.mint(who) * 2,
    "upper": lambda who: jwt.mint(who).upper(),
}


def test_the_forger_makes_good_ones_too(owner: Membership, door: str) -> None:
    assert RestClient(door, forged(owner)).get("/whoami").status_code == 200
    header = {"jku": "http://127.0.0.1:9/", "jwk": OCT}
    assert RestClient(door, forged(owner, header=header)).get("/whoami").status_code == 200


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_jwt_that_is_not_good_is_refused_like_any_other(
    attack: Callable[[Membership], str], owner: Membership, door: str
) -> None:
    uniform = RestClient(door, "nothing").get("/whoami").json()
    answer = RestClient(door, attack(owner)).get("/whoami")
    assert answer.status_code == 401
    challenge = 'Bearer realm="wardkey", error="invalid_token"'
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.json() | {"errorId": ""} == uniform | {"errorId": ""}


def test_the_organization_of_a_jwt_is_one_of_the_persons(
    owner: Membership, outsider: Membership
) -> None:
    crossed = forged(owner, org_id=str(outsider.organization_id))
    assert RestClient("", crossed).get("/whoami").status_code == 401


def rotated(*ids: str) -> tuple[ServerKey, ...]:
    """Return the tests' server keys in this order."""
    by_id = {key.id: key for key in parse_keys(TEST_KEYS)}
    return tuple(by_id[key_id] for key_id in ids)


def test_the_first_key_signs_and_every_loaded_one_verifies(
    owner: Membership, settings: Any
) -> None:
    old = jwt.mint(owner)
    assert pyjwt.get_unverified_header(old)["kid"] == "k2"
    settings.WARDKEY_SECRET_KEYS = rotated("k1", "k2")
    new = jwt.mint(owner)
    assert pyjwt.get_unverified_header(new) == {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    for text in (old, new):
        assert RestClient("", text).get("/whoami").status_code == 200
    settings.WARDKEY_SECRET_KEYS = rotated("k1")
    assert RestClient("", new).get("/whoami").status_code == 200
    assert RestClient("", old).get("/whoami").status_code == 401
