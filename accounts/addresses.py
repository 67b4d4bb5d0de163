"""Addresses of callers: whose a request is behind proxies, and in which network. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_BITS = {4: 24, 6: 48}
"""What is kept of an address where its network will do: about one office, or one household."""


def caller_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str | None:
    """Return the caller's address: the last one that no trusted proxy has.

    Args:
        peer: the other end of the connection.
        forwarded: ``X-Forwarded-For``, read from its end, and only as far as trusted proxies
            wrote it.
        trusted: the proxies.
    """
    address = None
    for hop in reversed([*forwarded.split(","), peer]):
        try:
            found = _plain(ip_address(hop.strip()))
        except ValueError:
            break
        address = str(found)
        if not any(found in network for network in trusted):
            break
    return address


def network_of(address: str) -> str:
    """Return the network of an address, of 24 bits or, in IPv6, 48: ``203.0.113.0/24``."""
    bits = _BITS[ip_address(address).version]
    return str(ip_network(f"{address}/{bits}", strict=False))


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return an IPv4 address that came in IPv6's clothes as itself, and none with a zone."""
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))
