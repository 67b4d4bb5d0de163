"""No client says who it is, in any spelling, nor takes what a gateway says of it away."""

import pytest

from tests.gateways.conftest import Gateway, Token

pytestmark = [pytest.mark.gateway, pytest.mark.node]

FORGED = "forged-by-the-client"
SPELLINGS = (
    "X-Wardkey-Organization",
    "x-wardkey-organization",
    "X-WARDKEY-ORGANIZATION",
    "X_Wardkey_Organization",
    "x_wardkey_organization",
    "X-Wardkey_Organization",
    "X_Wardkey-Organization",
    "X.Wardkey.Organization",
    "x.wardkey-organization",
    "X-Wardkey.Organization",
    "X-Wardkey-Service-Account",
    "X-Wardkey-Service-Account-Id",
    "X-Wardkey-Token",
    "X-Wardkey-Scopes",
    "X-Wardkey-Role",
    "X-Wardkey_Scopes",
    "X.WARDKEY.SCOPES",
    "X!Wardkey!Token",
    "X~Wardkey-Scopes",
    "X'Wardkey'Token",
)


@pytest.mark.parametrize("target", ["/things/1", "/releases/1", "/public/1"])
def test_no_client_says_who_it_is(gateway: Gateway, writer: Token, target: str) -> None:
    forged = [f"{spelling}: {FORGED}" for spelling in SPELLINGS]
    heard = gateway.passed(target, writer.header, *forged)
    assert FORGED not in str(heard.headers)
    identities = [name for name, _ in heard.headers if name.lower()[2:9] == "wardkey"]
    assert len(identities) == (0 if target == "/public/1" else 5)


@pytest.mark.parametrize(
    "line",
    [
        f"X-Wardkey-Token : {FORGED}",
        f"A: b\n X-Wardkey-Token: {FORGED}",
        f"A: b\nX-Wardkey-Token: {FORGED}",
    ],
)
def test_no_odd_line_says_it_either(gateway: Gateway, writer: Token, line: str) -> None:
    before = len(gateway.service.heard)
    answer = gateway.send("/public/1", writer.header, line)
    assert answer.status in {200, 400}
    names = [name for heard in gateway.service.heard[before:] for name, _ in heard.headers]
    assert [name for name in names if "wardkey" in name.lower()] == []


@pytest.mark.parametrize("named", ["X-Wardkey-Organization", "Authorization", "x-request-id"])
def test_no_client_takes_its_identity_away(gateway: Gateway, writer: Token, named: str) -> None:
    lines = (f"Connection: close, {named}", "X-Request-Id: given")
    before = len(gateway.service.heard)
    answer = gateway.send("/releases/1", writer.header, *lines)
    assert answer.status in {200, 400, 401}
    for heard in gateway.service.heard[before:]:
        assert len(heard.values("x-wardkey-organization")) == 1
        assert len(heard.values("x-request-id")) == 1
