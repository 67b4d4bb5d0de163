"""Which headers carry a token, and every way in which a token is none."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.clients import RestClient
from tests.verify.conftest import Gate
from tokens.secret import ALPHABET, TokenSecret, check_characters
from tokens.services.issue import IssuedToken

SPOILT: dict[str, Callable[[str], str]] = {
    "truncated": lambda secret: f"Bearer {secret[:-1]}",
    "without its start": lambda secret: f"Bearer {secret[1:]}",
    "without its prefix": lambda secret: f"Bearer {secret.removeprefix('wdk_')}",
    "prefix alone": lambda _: "Bearer wdk_",
    "longer": lambda secret: f"Bearer {secret}0",
    "doubled": lambda secret: f"Bearer {secret}{secret}",
    "twice": lambda secret: f"Bearer {secret} {secret}",
    "lower": lambda secret: f"Bearer {secret.lower()}",
    "upper": lambda secret: f"Bearer {secret.upper()}",
    "swapped case": lambda secret: f"Bearer {secret[:4]}{secret[4:].swapcase()}",
    "re-cased prefix": lambda secret: f"Bearer WDK_{secret[4:]}",
    "quoted": lambda secret: f'Bearer "{secret}"',
    "quoted once": lambda secret: f"Bearer '{secret}'",
    "padded": lambda secret: f"Bearer {secret} ",
    "padded by =": lambda secret: f"Bearer {secret}=",
    "a tab": lambda secret: f"Bearer\t{secret}",
    "newline": lambda secret: f"Bearer {secret}\n",
    "carriage return": lambda secret: f"Bearer {secret}\r\n",
    "NUL": lambda secret: f"Bearer {secret}\0",
    "percent": lambda secret: f"Bearer {secret}%",
    "percent-suffixed": lambda secret: f"Bearer {secret}%20",
    "percent-encoded": lambda secret: f"Bearer {secret.replace('_', '%5F')}",
    "non-ASCII": lambda secret: f"Bearer {secret[:-1]}é",
    "full width": lambda secret: f"Bearer {secret[:-1]}{chr(ord(secret[-1]) + 0xFEE0)}",
    "other digits": lambda secret: f"Bearer {secret[:-1]}٣",
    "zero width": lambda secret: f"Bearer {secret}\u200b",
    "two joined": lambda secret: f"Bearer {secret}, Bearer {secret}",
    "two joined, another first": lambda secret: f"Basic eDp5, Bearer {secret}",
    "two joined, another last": lambda secret: f"Bearer {secret}, Basic eDp5",
    "comma": lambda secret: f"Bearer {secret},",
    "parameters": lambda secret: f"Bearer token={secret}",
    "no scheme": lambda secret: secret,
    "scheme alone": lambda _: "Bearer",
    "scheme and space": lambda _: "Bearer ",
    "empty": lambda _: "",
    "another scheme": lambda secret: f"Token {secret}",
    "basic": lambda secret: f"Basic {secret}",
    "scheme twice": lambda secret: f"Bearer Bearer {secret}",
    "a longer scheme": lambda secret: f"XBearer {secret}",
    "leading space": lambda secret: f" Bearer {secret}",
    "huge": lambda secret: f"Bearer {secret * 1000}",
    "another prefix": lambda secret: f"Bearer xyz_{secret[4:]}",
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_what_is_not_exactly_a_token_is_refused_like_any_other(
    spoil: Callable[[str], str], gate: Gate, ci: IssuedToken
) -> None:
    unknown = gate(f"Bearer {TokenSecret.mint()}")
    answer = gate(spoil(str(ci.secret)))
    assert answer.status_code == 401
    assert answer.json() | {"errorId": ""} == unknown.json() | {"errorId": ""}
    assert answer.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"]


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_rest_refuses_the_same(spoil: Callable[[str], str], door: str, ci: IssuedToken) -> None:
    headers = {"Authorization": spoil(str(ci.secret))}
    assert RestClient(door).get("/whoami", headers=headers).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_has_no_case(scheme: str, gate: Gate, door: str, ci: IssuedToken) -> None:
    headers = {"Authorization": f"{scheme} {ci.secret}"}
    assert gate(headers["Authorization"]).status_code == 200
    assert RestClient(door).get("/whoami", headers=headers).status_code == 200


def test_a_token_stands_nowhere_but_in_the_header(gate: Gate, ci: IssuedToken) -> None:
    secret = str(ci.secret)
    for member in ("token", "access_token", "api_key", "authorization", "Authorization"):
        assert gate(query=f"?{member}={secret}").status_code == 401
        assert gate(query=f"?{member}=Bearer%20{secret}").status_code == 401
        form = f"{member}={secret}"
        kind = "application/x-www-form-urlencoded"
        assert gate(method="POST", data=form, content_type=kind).status_code == 401
        client = Client()
        client.cookies[member] = secret
        assert client.get("/tokens/validate").status_code == 401
    for header in ("X-Access-Token", "Proxy-Authorization", "X-Authorization", "Api-Key"):
        assert gate(headers={header: f"Bearer {secret}"}).status_code == 401


def test_an_api_key_header_is_off_unless_a_setting_says_so(gate: Gate, ci: IssuedToken) -> None:
    answer = gate(headers={"X-Api-Key": str(ci.secret)})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="wardkey"'
    assert gate(f"Bearer {ci.secret}", headers={"X-Api-Key": "ignored"}).status_code == 200


def test_an_api_key_header_that_is_on_carries_a_token(
    gate: Gate, ci: IssuedToken, settings: Any
) -> None:
    settings.WARDKEY_API_KEY_HEADER = True
    assert gate(headers={"X-Api-Key": str(ci.secret)}).status_code == 200
    for bad in (f"Bearer {ci.secret}", f"{ci.secret},{ci.secret}", f"{ci.secret} ", ""):
        assert gate(headers={"X-Api-Key": bad}).status_code == 401


def test_two_credentials_are_none(
    gate: Gate, door: str, ci: IssuedToken, rest: RestClient, settings: Any
) -> None:
    settings.WARDKEY_API_KEY_HEADER = True
    for authorization in (f"Bearer {ci.secret}", f"Bearer {rest.credential}", "Basic eDp5", ""):
        for api_key in (str(ci.secret), "x", ""):
            headers = {"X-Api-Key": api_key}
            assert gate(authorization, headers=headers).status_code == 401
            headers["Authorization"] = authorization
            assert RestClient(door).get("/whoami", headers=headers).status_code == 401


def test_rest_takes_no_api_key(door: str, ci: IssuedToken, settings: Any) -> None:
    settings.WARDKEY_API_KEY_HEADER = True
    headers = {"X-Api-Key": str(ci.secret)}
    assert RestClient(door).get("/whoami", headers=headers).status_code == 401


@pytest.mark.parametrize("at", [4, 20, 35, 36, 41])
def test_a_mistyped_token_is_refused_without_a_query(
    at: int, gate: Gate, ci: IssuedToken, django_assert_num_queries: Any
) -> None:
    secret = str(ci.secret)
    other = ALPHABET[(ALPHABET.index(secret[at]) + 1) % len(ALPHABET)]
    mistyped = secret[:at] + other + secret[at + 1 :]
    with django_assert_num_queries(0):
        assert gate(f"Bearer {mistyped}").status_code == 401


def test_right_check_characters_make_no_token(gate: Gate, ci: IssuedToken) -> None:
    body = str(ci.secret)[:-7]
    other = "A" if str(ci.secret)[-7] != "A" else "B"
    assert gate(f"Bearer {body}{other}{check_characters(body + other)}").status_code == 401


def test_a_former_prefix_stays_accepted(gate: Gate, ci: IssuedToken, settings: Any) -> None:
    settings.WARDKEY_TOKEN_PREFIXES = ["acme", "wdk"]
    assert gate(f"Bearer {ci.secret}").status_code == 200
    settings.WARDKEY_TOKEN_PREFIXES = ["acme"]
    assert gate(f"Bearer {ci.secret}").status_code == 401
