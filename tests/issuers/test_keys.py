"""Where an issuer's keys come from, when they are asked for, and what becomes of bad answers."""

import json
import logging
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from prometheus_client import REGISTRY

from accounts.issuers import key_sets
from accounts.models import Membership
from tests.clients import RestClient
from tests.issuers.issuer import (
    EC_KEY,
    GONE,
    KEYS,
    NAME,
    NEXT_RSA_KEY,
    RSA_KEY,
    SMALL_RSA_KEY,
    Answer,
    Issuer,
    jwk,
    key_set,
    sends,
    signed,
)


def status(text: str) -> int:
    """Return what a JWT is answered with."""
    return int(RestClient("", text).get("/whoami").status_code)


def missed() -> float:
    """Return how often keys could not be had."""
    labels = {"issuer": NAME}
    return REGISTRY.get_sample_value("wardkey_issuer_keys_missing_total", labels) or 0.0


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass for the keeping of keys."""
    passed = 0.0

    def pass_time(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + passed

    monkeypatch.setattr(key_sets, "time", Clock)
    return pass_time


def drips(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte now and then, so that no single read takes long."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def never_ends(handler: BaseHTTPRequestHandler) -> None:
    """Send spaces for ever."""
    sends(b"")(handler)
    while True:
        handler.wfile.write(b" " * 65536)


def no_http(handler: BaseHTTPRequestHandler) -> None:
    """Send what is not HTTP."""
    handler.wfile.write(b"keys!\r\n" * 10)


TARRYING: dict[str, Answer] = {
    "slow": lambda _: time.sleep(60),
    "dripping": drips,
    "never ending": never_ends,
}
ANSWERS: dict[str, Answer] = {
    "huge": sends(KEYS[:-1] + b" " * key_sets.MOST_BYTES + b"}"),
    "404": sends(KEYS, 404),
    "500": sends(KEYS, 500),
    "a redirect": sends(KEYS, 302, Location="http://127.0.0.1:9/"),
    "no HTTP": no_http,
    "nothing": lambda _: None,
    "not JSON": sends(b"<html>"),
    "deep": sends(b"[" * 100_000),
    "a long number": sends(b"1" * 100_000),
    "a list": sends(b"[]"),
    "keys a number": sends(b'{"keys": 1}'),
    "no keys": sends(key_set()),
    "keys that are none": sends(b'{"keys": [1, null, "x", {}, {"kid": "r1"}]}'),
    "kty oct": sends(key_set({"kty": "oct", "kid": "r1", "k": "c2VjcmV0", "alg": "RS256"})),
    "kty EC said of RSA": sends(key_set(jwk(RSA_KEY, "r1", kty="EC", crv="P-256"))),
    "use enc": sends(key_set(jwk(RSA_KEY, "r1", use="enc"))),
    "key_ops sign": sends(key_set(jwk(RSA_KEY, "r1", key_ops=["sign"]))),
    "alg of another": sends(key_set(jwk(RSA_KEY, "r1", alg="RS512"))),
    "no kid": sends(key_set(jwk(RSA_KEY, GONE))),
    "no modulus": sends(key_set(jwk(RSA_KEY, "r1", n=GONE))),
    "modulus a number": sends(key_set(jwk(RSA_KEY, "r1", n=5))),
    "another key": sends(key_set(jwk(NEXT_RSA_KEY, "r1"))),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_keys_that_cannot_be_had_are_401(answer: Answer, issuer: Issuer, ada: Membership) -> None:
    issuer.answer = answer
    assert status(signed(ada.organization_id)) == 401
    assert issuer.fetches == 1


@pytest.mark.parametrize("answer", TARRYING.values(), ids=TARRYING)
def test_an_issuer_that_tarries_is_not_waited_for(
    answer: Answer, issuer: Issuer, ada: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "FETCH_SECONDS", 0.5)
    issuer.answer = answer
    assert status(signed(ada.organization_id)) == 401
    assert (issuer.fetches, issuer.finished) == (1, 0), "the issuer is still at it"


def test_a_failure_is_told_by_a_line_and_a_count(
    issuer: Issuer, ada: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.answer = sends(b"", 503)
    before = missed()
    with caplog.at_level(logging.WARNING, "wardkey.issuers"):
        assert status(signed(ada.organization_id)) == 401
    assert missed() == before + 1
    assert f"no keys of the issuer {NAME}: the address answers 503" in caplog.text


def test_a_key_too_small_to_trust_is_not_used(issuer: Issuer, ada: Membership) -> None:
    issuer.answer = sends(key_set(jwk(SMALL_RSA_KEY, "r1"), jwk(EC_KEY, "e1")))
    assert status(signed(ada.organization_id, key=SMALL_RSA_KEY)) == 401
    assert status(signed(ada.organization_id, key=EC_KEY, algorithm="ES256")) == 200


def test_a_known_key_is_good_while_the_issuer_is_down(
    issuer: Issuer, ada: Membership, later: Callable[[float], None]
) -> None:
    assert status(signed(ada.organization_id)) == 200
    issuer.stop()
    later(key_sets.FRESH_SECONDS + 1)
    assert status(signed(ada.organization_id)) == 200
    later(key_sets.STALE_SECONDS)
    assert status(signed(ada.organization_id)) == 401, "not for ever"


def test_an_issuer_that_comes_back_is_asked_again(
    issuer: Issuer, ada: Membership, later: Callable[[float], None]
) -> None:
    issuer.answer = sends(b"", 503)
    assert [status(signed(ada.organization_id)) for _ in range(3)] == [401] * 3
    assert issuer.fetches == 1
    issuer.answer = sends(KEYS)
    later(key_sets.PAUSE_SECONDS)
    assert status(signed(ada.organization_id)) == 200


def test_keys_rotate(issuer: Issuer, ada: Membership, later: Callable[[float], None]) -> None:
    old = signed(ada.organization_id)
    new = signed(ada.organization_id, key=NEXT_RSA_KEY, header={"kid": "r2"})
    assert status(old) == 200
    issuer.answer = sends(key_set(jwk(NEXT_RSA_KEY, "r2")))
    later(key_sets.PAUSE_SECONDS)
    assert status(new) == 200, "an unknown kid is looked for at once"
    assert status(old) == 401, "a key that was taken out is good no more"


def test_a_key_that_is_taken_out_ends_without_a_new_one(
    issuer: Issuer, ada: Membership, later: Callable[[float], None]
) -> None:
    assert status(signed(ada.organization_id)) == 200
    issuer.answer = sends(key_set(jwk(EC_KEY, "e1")))
    later(key_sets.FRESH_SECONDS + 1)
    assert status(signed(ada.organization_id)) == 401


def test_a_flood_of_unknown_kids_is_one_fetch(
    issuer: Issuer, ada: Membership, later: Callable[[float], None]
) -> None:
    assert status(signed(ada.organization_id)) == 200
    later(key_sets.PAUSE_SECONDS)
    flood = [
        status(signed(ada.organization_id, header={"kid": f"made-up-{number}"}))
        for number in range(100)
    ]
    assert flood == [401] * 100
    assert issuer.fetches == 2
    assert status(signed(ada.organization_id)) == 200


def test_a_private_key_that_an_issuer_publishes_serves_as_a_public_one(
    issuer: Issuer, ada: Membership
) -> None:
    issuer.answer = sends(key_set(jwk(RSA_KEY, "r1", d="AQAB", p="x")))
    assert status(signed(ada.organization_id)) == 200


def test_the_first_of_two_keys_with_one_kid_counts(issuer: Issuer, ada: Membership) -> None:
    issuer.answer = sends(key_set(jwk(RSA_KEY, "r1"), jwk(NEXT_RSA_KEY, "r1")))
    assert status(signed(ada.organization_id)) == 200
    assert status(signed(ada.organization_id, key=NEXT_RSA_KEY)) == 401


def test_nobody_is_asked_for_a_jwt_of_somebody_else(issuer: Issuer, rest: Any) -> None:
    assert rest.get("/whoami").status_code == 200
    assert status(signed("x", iss="https://elsewhere.test")) == 401
    assert status(json.dumps({"iss": NAME})) == 401
    assert issuer.fetches == 0
