"""What a caller tells: its address behind proxies, its name, the scopes it asks for."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses import caller_address, network_of
from tests.clients import present
from tokens.models import TokenUse
from tokens.services.issue import IssuedToken
from tokens.verify.asked import LONGEST_VALUE, Reader, bounded
from tokens.verify.usage import write_notes

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
HEADS, PEER = "203.0.113.9", "10.0.0.5"


def told(peer: str = HEADS, forwarded: bytes = b"", agent: bytes = b"", query: bytes = b"") -> list:  # type: ignore[type-arg]
    """Return what is kept of what a caller told."""
    return [value for _, value in Reader().read(bounded((peer, forwarded, agent, query)))]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("255.255.255.255", "255.255.255.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::1", "::/48"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
    ],
)
def test_an_address_is_kept_as_its_network(address: str, network: str) -> None:
    found = caller_address(address, "", [])
    assert found is not None
    assert network_of(found) == network
    assert told(peer=address) == [network]


@pytest.mark.parametrize(
    ("kept", "value"), [("full", ["203.0.113.9"]), ("network", ["203.0.113.0/24"]), ("off", [])]
)
def test_the_installation_says_how_much_of_it(settings: Any, kept: str, value: list[str]) -> None:
    settings.WARDKEY_USAGE_ADDRESSES = kept
    assert told() == value


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (PEER, "198.51.100.7", "198.51.100.7"),
        (PEER, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (PEER, "198.51.100.7, 10.0.0.6", "198.51.100.7"),
        (PEER, "198.51.100.7,fd00::1", "198.51.100.7"),
        (PEER, "6.6.6.6, junk, 10.0.0.6", "10.0.0.6"),
        (PEER, "", PEER),
        (f"::ffff:{PEER}", "198.51.100.7", "198.51.100.7"),
        (HEADS, "198.51.100.7", HEADS),
        ("", "198.51.100.7", None),
        ("unix:/run/x", "198.51.100.7", None),
    ],
)
def test_a_chain_is_believed_as_far_as_trusted_proxies_wrote_it(
    settings: Any, peer: str, forwarded: str, address: str | None
) -> None:
    assert caller_address(peer, forwarded, PROXIES) == address
    settings.WARDKEY_TRUSTED_PROXIES, settings.WARDKEY_USAGE_ADDRESSES = PROXIES, "full"
    assert told(peer=peer, forwarded=forwarded.encode()) == ([address] if address else [])
    settings.WARDKEY_TRUSTED_PROXIES = []
    alone = caller_address(peer, "", [])
    assert told(peer=peer, forwarded=forwarded.encode()) == ([alone] if alone else [])


def test_a_long_chain_is_read_from_its_end_and_no_address_is_cut_in_two(
    settings: Any,
) -> None:
    settings.WARDKEY_TRUSTED_PROXIES, settings.WARDKEY_USAGE_ADDRESSES = PROXIES, "full"
    assert told(peer=PEER, forwarded=b"6.6.6.6, " * 5_000 + b"198.51.100.7") == ["198.51.100.7"]
    for shift in range(20):
        chain = b"198.51.100.237," + b"10.0.0.6,".ljust(9) * 21 + b"10.0.0.6" + b" " * shift
        assert told(peer=PEER, forwarded=chain) in (["198.51.100.237"], ["10.0.0.6"])


@pytest.mark.parametrize(
    ("agent", "value"),
    [
        (b"curl/8.5.0", ["curl/8.5.0"]),
        (b"  spaced  ", ["spaced"]),
        (b"a\x00b\x1b[31mc\r\nd\x7f", ["ab[31mcd"]),
        ("Grüße \u202eevil".encode(), ["Grüße evil"]),
        (b"\xff\xfe", ["\ufffd\ufffd"]),
        (b"", []),
        (b"\x00 \x01", []),
    ],
)
def test_a_name_is_kept_as_text(agent: bytes, value: list[str]) -> None:
    assert told(peer="", agent=agent) == value


@pytest.mark.parametrize("length", [LONGEST_VALUE, LONGEST_VALUE + 1, 64 * 1024])
def test_a_long_name_is_cut(length: int) -> None:
    assert told(peer="", agent=b"n" * length) == ["n" * LONGEST_VALUE]


@given(agent=st.binary(max_size=400), query=st.binary(max_size=600), forwarded=st.binary())
def test_whatever_is_sent_can_be_kept(agent: bytes, query: bytes, forwarded: bytes) -> None:
    for value in told(forwarded=forwarded, agent=agent, query=query):
        assert 0 < len(value) <= LONGEST_VALUE
        assert not any(ord(char) < 32 or ord(char) == 127 for char in value)
        value.encode("utf-8")


@pytest.mark.parametrize("place", ["{}", "probe/{} (x)", "{}/1"])
def test_a_secret_in_a_name_is_not_kept(ci: IssuedToken, place: str) -> None:
    secret = str(ci.secret)
    [kept] = told(peer="", agent=place.format(secret).encode())
    assert secret[8:] not in kept
    assert "[redacted]" in kept
    start = "x" * (LONGEST_VALUE - 30)
    assert secret[20:] not in told(peer="", agent=f"{start} {secret}".encode())[0]


@pytest.mark.parametrize(
    ("query", "scopes"),
    [
        (b"scope=read:users", {"read:users"}),
        (b"scope=read%3Ausers&scope=write:*&other=delete:users", {"read:users", "write:*"}),
        (b"scope=read:users&scope=read:users", {"read:users"}),
        (b"scope=made:up&scope=&scope=%00&scope=%ff&%73cope=read:users", {"read:users"}),
        (b"scope=read:users+write:users", set()),
        (b"", set()),
    ],
)
def test_scopes_of_the_catalogue_are_kept_and_no_others(query: bytes, scopes: set[str]) -> None:
    assert set(told(peer="", query=query)) == scopes


def test_a_long_query_is_cut_between_members() -> None:
    known = b"scope=read:users&"
    kept = told(peer="", query=known + b"x" * 10_000 + b"&scope=write:users")
    assert kept == ["read:users"]
    for padding in range(1, 30):
        cut = known + b"p" * (500 - len(known) - padding) + b"&scope=read:usersmore"
        assert told(peer="", query=cut) == ["read:users"]


def test_the_gate_tells_what_was_sent(ci: IssuedToken, settings: Any) -> None:
    settings.WARDKEY_TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    headers = {"HTTP_X_FORWARDED_FOR": "198.51.100.7", "HTTP_USER_AGENT": "probe/1"}
    assert present(ci.secret, "?scope=delete:users", **headers).status_code == 403
    assert write_notes() == 1
    assert set(TokenUse.objects.values_list("kind", "value", "count")) == {
        ("address", "198.51.100.0/24", 1),
        ("agent", "probe/1", 1),
        ("scope", "delete:users", 1),
    }
