"""Bodies and WebSockets go to the service, and to Wardkey none of them."""

import hashlib
import json

import pytest

from tests.gateways.conftest import Gateway, Token, Wardkey, head
from tests.server.wire import Line

pytestmark = [pytest.mark.gateway, pytest.mark.node]

WEBSOCKET = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def test_a_body_reaches_the_service_and_not_wardkey(
    gateway: Gateway, wardkey: Wardkey, any_token: Token
) -> None:
    body = b"0123456789abcdef" * 65536
    wardkey.way.said()
    heard = gateway.passed("/things", any_token.header, method="POST", body=body)
    assert (heard.method, heard.length) == ("POST", 1024 * 1024)
    assert heard.digest == hashlib.sha256(body).hexdigest()
    said = wardkey.way.said()
    assert any_token.secret.encode() in said
    assert b"0123456789abcdef" not in said
    assert len(said) < 4096
    lengths = [line for line in said.lower().split(b"\r\n") if line.startswith(b"content-length")]
    assert set(lengths) <= {b"content-length: 0"}
    assert b"transfer-encoding" not in said.lower()


def test_a_body_of_unknown_length_comes_through(gateway: Gateway, any_token: Token) -> None:
    with Line(gateway.port) as line:
        line.say(
            head("/things", any_token.header, "Transfer-Encoding: chunked", method="POST")
            + b"5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n"
        )
        answer = line.hear()
    assert answer.status == 200
    assert json.loads(answer.body)["length"] == len("firstsecond")


def test_a_refused_body_is_answered_too(gateway: Gateway) -> None:
    answer = gateway.send("/things", method="POST", body=b"a" * 1000)
    assert answer.status == 401


def test_a_websocket_opens_for_a_good_token(gateway: Gateway, any_token: Token) -> None:
    with Line(gateway.port) as line:
        line.say(head("/things/live", any_token.header, *WEBSOCKET))
        opened = line.hear()
        assert opened.status == 101
        assert opened.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        frame, back = b"\x81\x85abcdefghi", b""
        line.say(frame)
        while len(back) < len(frame) and (more := line.socket.recv(4096)):
            back += more
        assert back == frame
    assert gateway.service.heard[-1].values("x-wardkey-token") == [any_token.id]


def test_a_websocket_stays_shut_without_one(gateway: Gateway, any_token: Token) -> None:
    assert gateway.send("/things/live", *WEBSOCKET).status == 401
    assert gateway.send("/releases/live", any_token.header, *WEBSOCKET).status == 403


@pytest.mark.parametrize("named", ["h2c", "TLS/1.0", "websocket, h2c", "h2c, websocket"])
def test_no_other_protocol_is_taken_up(gateway: Gateway, any_token: Token, named: str) -> None:
    lines = (
        "Connection: Upgrade, HTTP2-Settings",
        f"Upgrade: {named}",
        "HTTP2-Settings: AAMAAABkAAQ",
    )
    before = len(gateway.service.heard)
    assert gateway.send("/things/1", any_token.header, *lines).status in {200, 400, 403, 426}
    assert [heard.values("upgrade") for heard in gateway.service.heard[before:]] in ([], [[]])
