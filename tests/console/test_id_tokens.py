"""What an issuer sends back is held to the protocol, and its configuration to what is safe."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.issuers.trust import BadIssuers, parse_issuers
from accounts.models import Membership
from tests.console.provider import Provider
from tests.console.sign_on import BEGIN, PAGE, at_provider, sign_on
from tests.issuers.issuer import GONE, NEXT_RSA_KEY


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"nonce": "of another sign-in"}, id="another nonce"),
        pytest.param({"nonce": GONE}, id="no nonce"),
        pytest.param({"aud": "another-client"}, id="another client"),
        pytest.param({"aud": "wardkey-api"}, id="the API's audience"),
        pytest.param({"aud": ["wardkey-console", "another"]}, id="two audiences"),
        pytest.param({"aud": ["wardkey-console", "another"], "azp": "another"}, id="for another"),
        pytest.param({"azp": "another"}, id="azp of another"),
        pytest.param({"iss": "https://another.example"}, id="another issuer"),
        pytest.param({"exp": 1_000_000_000}, id="over"),
        pytest.param({"exp": GONE}, id="no end"),
        pytest.param({"iat": 32_000_000_000}, id="of the future"),
        pytest.param({"sub": GONE}, id="no subject"),
        pytest.param({"sub": ""}, id="empty subject"),
        pytest.param({"sub": 7}, id="a number for a subject"),
    ],
)
def test_an_id_token_of_something_else_is_refused(
    client: Client, ada: Membership, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    answer = sign_on(client)
    assert answer.status_code == 401
    assert "Signing in did not work" in answer.content.decode()
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize(
    "header", [{"typ": "at+jwt"}, {"typ": "logout+jwt"}, {"typ": 1}, {"kid": "r9"}, {"crit": ["x"]}]
)
def test_a_jwt_of_another_kind_is_no_id_token(
    client: Client, ada: Membership, provider: Provider, header: dict[str, Any]
) -> None:
    provider.header = header
    assert sign_on(client).status_code == 401
    assert client.get(PAGE).status_code == 302


def test_a_signature_of_another_key_is_refused(
    client: Client, ada: Membership, provider: Provider
) -> None:
    provider.key = NEXT_RSA_KEY
    assert sign_on(client).status_code == 401


def test_a_state_of_another_browser_is_refused(client: Client, ada: Membership) -> None:
    victim = Client()
    victim.get(BEGIN)
    back = at_provider(client.get(BEGIN)["Location"])
    assert victim.get(back).status_code == 401
    assert victim.get(PAGE).status_code == 302


def test_coming_back_twice_signs_in_once(client: Client, ada: Membership) -> None:
    back = at_provider(client.get(BEGIN)["Location"])
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 401


@pytest.mark.parametrize("query", ["", "?state=", "?state=x&code=y", "?error=access_denied"])
def test_nobody_comes_back_who_has_not_gone(client: Client, ada: Membership, query: str) -> None:
    assert client.get(f"{BEGIN}/done{query}").status_code == 401


def test_a_refusal_at_the_issuer_signs_nobody_in(client: Client, ada: Membership) -> None:
    state = client.get(BEGIN)["Location"].partition("state=")[2].partition("&")[0]
    answer = client.get(f"{BEGIN}/done?error=access_denied&state={state}")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://internal.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
    ids=str,
)
def test_a_discovery_document_of_somebody_else_is_refused(
    client: Client, ada: Membership, provider: Provider, told: dict[str, Any]
) -> None:
    provider.discovery = told
    assert client.get(BEGIN).status_code == 401


def test_an_issuer_that_is_away_is_told_of(
    client: Client, ada: Membership, provider: Provider
) -> None:
    back = at_provider(client.get(BEGIN)["Location"])
    provider.stop()
    assert client.get(back).status_code == 401
    assert client.get(BEGIN).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"client_id": "wardkey-api"}, id="the API's audience"),
        pytest.param({"client_secret": ""}, id="empty secret"),
        pytest.param({"client_secret_file": "/etc/secret"}, id="two secrets"),
        pytest.param({"client_secret": GONE, "client_secret_file": "x"}, id="relative path"),
        pytest.param({"client_secret": GONE, "client_secret_file": "/no/such"}, id="no such file"),
        pytest.param({"client_secret": GONE}, id="no secret"),
        pytest.param({"id": "Not a slug"}, id="no slug"),
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"scope": "openid"}, id="unknown member"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_said_at_the_start(
    provider: Provider, settings: Any, changes: dict[str, Any]
) -> None:
    told = json.loads(provider.configured())[0]
    sign_in = {**told["sign_in"], **changes}
    told["sign_in"] = {name: value for name, value in sign_in.items() if value is not GONE}
    with pytest.raises(BadIssuers) as refused:
        parse_issuers(json.dumps([told]), "http://localhost")
    assert "a client's secret" not in str(refused.value)
