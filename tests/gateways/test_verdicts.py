"""A gateway lets through what Wardkey says is good, and tells its refusals in its words."""

import json
import re

import pytest

from tests.gateways.conftest import Gateway, Token, Wardkey, head
from tests.server.wire import Line, Reply

pytestmark = [pytest.mark.gateway, pytest.mark.node]

MALFORMED = ("two words", "a" * 129)


def refused(reply: Reply, status: int, code: str) -> None:
    """Assert that Wardkey's own refusal has come through."""
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert json.loads(reply.body)["code"] == code
    assert "error=" in reply.headers["www-authenticate"]


def request_ids(answered: bytes) -> list[str]:
    """Return the request ids in answers as they came."""
    return re.findall(r"(?im)^x-request-id: *(.*?)\r$", answered.decode("latin1"))


def test_a_good_token_comes_through_as_its_identity(
    gateway: Gateway, wardkey: Wardkey, any_token: Token
) -> None:
    heard = gateway.passed("/things/1?a=%2F..//", any_token.header)
    assert (heard.method, heard.target) == ("GET", "/things/1?a=%2F..//")
    told = {name: heard.values(f"x-wardkey-{name}") for name in ("organization", "scopes", "token")}
    assert told == {
        "organization": [wardkey.organization],
        "scopes": ["read:releases"],
        "token": [any_token.id],
    }
    assert heard.values("x-wardkey-service-account") == ["deploy"]
    assert heard.values("x-wardkey-service-account-id") == [wardkey.account]


def test_a_bad_token_is_refused_in_wardkeys_words(gateway: Gateway) -> None:
    bad = "Authorization: Bearer wdk_thisIsNoToken"
    refused(gateway.send("/things/1", bad), 401, "Auth.NoIdentity")


def test_no_token_is_refused_in_wardkeys_words(gateway: Gateway) -> None:
    answer = gateway.send("/things/1")
    assert answer.status == 401
    assert json.loads(answer.body)["code"] == "Auth.NoIdentity"
    assert answer.headers["www-authenticate"] == 'Bearer realm="wardkey"'


def test_two_credentials_are_none(gateway: Gateway, any_token: Token) -> None:
    other = "Authorization: Bearer wdk_thisIsNoToken"
    assert gateway.send("/things/1", any_token.header, other).status in {400, 401}
    assert gateway.send("/things/1", other, any_token.header).status in {400, 401}


def test_a_scope_is_asked_for_by_route(gateway: Gateway, any_token: Token, writer: Token) -> None:
    for target in ("/releases/1", "/releases", "/releases?a=b"):
        answer = gateway.send(target, any_token.header)
        refused(answer, 403, "Auth.MissingScope")
        assert 'scope="write:releases"' in answer.headers["www-authenticate"]
        heard = gateway.passed(target, writer.header)
        assert heard.values("x-wardkey-scopes") == ["read:releases write:releases"]


def test_a_query_of_the_client_asks_for_no_other_scope(gateway: Gateway, any_token: Token) -> None:
    refused(
        gateway.send("/releases/1?scope=read:releases", any_token.header), 403, "Auth.MissingScope"
    )
    gateway.passed("/things/1?scope=write:releases", any_token.header)


def test_a_revoke_counts_for_the_next_request(gateway: Gateway, wardkey: Wardkey) -> None:
    token = wardkey.token("read:releases")
    with Line(gateway.port) as line:
        line.say(head("/things/1", token.header))
        assert line.hear().status == 200
        wardkey.revoke(token)
        line.say(head("/things/1", token.header))
        refused(line.hear(), 401, "Auth.NoIdentity")


@pytest.mark.parametrize("sent", ["7f4a.B_c-1", "", *MALFORMED])
def test_the_request_id_is_one_everywhere(
    gateway: Gateway, wardkey: Wardkey, any_token: Token, sent: str
) -> None:
    lines = [f"X-Request-Id: {sent}"] if sent else []
    wardkey.way.answered()
    heard = gateway.passed("/things/1", any_token.header, *lines)
    [wardkeys] = request_ids(wardkey.way.answered())
    assert heard.values("x-request-id") == [wardkeys]
    if sent == "7f4a.B_c-1":
        assert wardkeys == sent
        answer = gateway.send("/things/1", *lines)
        assert json.loads(answer.body)["errorId"] == answer.headers["x-request-id"] == sent
