"""Without a verdict nothing passes: Wardkey down, ill, silent, or somebody else at its address."""

import time
from pathlib import Path

import pytest

from tests.gateways.conftest import Gateway, Token, Wardkey, nothing_passes, standing
from tests.gateways.programs import LIMIT_SECONDS

pytestmark = [pytest.mark.gateway, pytest.mark.node]


def until_it_passes(gateway: Gateway, token: Token) -> None:
    """Wait until a gateway has seen that Wardkey is back."""
    end = time.monotonic() + 10
    while gateway.send("/releases/1", token.header).status != 200:
        assert time.monotonic() < end, "it did not come back in time"
        time.sleep(0.05)


@pytest.mark.parametrize("state", ["down", "ill"])
def test_without_a_verdict_nothing_passes(
    gateway: Gateway, wardkey: Wardkey, writer: Token, state: str
) -> None:
    with wardkey.way.being(state):
        with nothing_passes(gateway):
            for target in ("/things/1", "/releases/1"):
                for lines in ((writer.header,), ()):
                    assert gateway.send(target, *lines).status in {500, 502, 503, 403}
        gateway.passed("/public/1")
    until_it_passes(gateway, writer)


def test_a_stranger_at_wardkeys_address_names_nobody(
    gateway: Gateway, wardkey: Wardkey, writer: Token
) -> None:
    before = len(gateway.service.heard)
    with wardkey.way.being("stranger"):
        answer = gateway.send("/releases/1", writer.header, "X-Wardkey-Organization: forged")
    assert answer.status in {200, 403, 500, 502, 503}
    for heard in gateway.service.heard[before:]:
        assert "wardkey" not in str(heard.headers).lower()
    until_it_passes(gateway, writer)


def test_a_verdict_that_does_not_come_is_a_refusal_in_time(
    gateway: Gateway, wardkey: Wardkey, writer: Token
) -> None:
    before = len(gateway.service.heard)
    with wardkey.way.being("silent"):
        start = time.monotonic()
        answer = gateway.send("/releases/1", writer.header)
        taken = time.monotonic() - start
    assert answer.status in {500, 502, 503, 504, 403}
    assert taken < 4 * LIMIT_SECONDS
    assert gateway.service.heard[before:] == []
    until_it_passes(gateway, writer)


def test_a_fault_in_the_lua_of_haproxy_lets_nothing_pass(
    wardkey: Wardkey, writer: Token, tmp_path: Path
) -> None:
    fault = ("local sent", 'error("a fault")\n    local sent')
    with standing("haproxy", wardkey, tmp_path, changed=fault) as gateway:
        gateway.passed("/public/1")
        with nothing_passes(gateway):
            assert gateway.send("/releases/1", writer.header).status == 503
