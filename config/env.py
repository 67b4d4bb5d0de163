"""Reads the environment: every variable that Wardkey heeds passes through here.

Each reader takes the variable's name, converts its text and names the variable
in what it raises. ``NAME_FILE`` may hold the path of a file in place of the
value itself (one trailing newline is dropped). ``READ`` collects the names, and
a test holds the table in ``docs/operate.md`` to it.
"""

import os
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from accounts.spans import parse_span

READ: set[str] = set()
"""Names of the variables that have been asked for."""

Network = IPv4Network | IPv6Network

MOST_PORT = 65_535
_TRUE, _FALSE = {"1", "on", "true", "yes"}, {"0", "off", "false", "no"}


def text(name: str, default: str = "") -> str:
    """Return the variable's text, or ``default`` when it is absent or empty.

    Raises:
        ImproperlyConfigured: both ``NAME`` and ``NAME_FILE`` are set, or the file cannot be read.
    """
    READ.add(name)
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    if not path:
        return value or default
    try:
        return Path(path).read_text(encoding="utf-8").removesuffix("\n") or default
    except (OSError, UnicodeDecodeError) as fault:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {fault}") from fault


def flag(name: str, *, default: bool = False) -> bool:
    """Return the variable as a truth value: on/off, true/false, yes/no, 1/0."""
    value = text(name).lower()
    if not value:
        return default
    if value not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} is on or off, not {value!r}.")
    return value in _TRUE


def count(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    """Return the variable as a whole number between ``least`` and ``most``."""
    value = text(name)
    if not value:
        return default
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} is a whole number from {least} to {most}.")
    return int(value)


def words(name: str) -> list[str]:
    """Return the variable's comma-separated words, trimmed, without empty ones."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    """Return the one of ``choices`` that the variable is, in whichever case it is written."""
    value = text(name, default)
    for each in choices:
        if each.lower() == value.lower():
            return each
    raise ImproperlyConfigured(f"{name} is one of {', '.join(choices)}, not {value!r}.")


def networks(name: str) -> list[Network]:
    """Return the variable's comma-separated addresses and networks."""
    try:
        return [ip_network(word, strict=False) for word in words(name)]
    except ValueError as fault:
        raise ImproperlyConfigured(f"{name}: {fault}.") from fault


def address(name: str) -> tuple[str, int] | None:
    """Return the variable as host and port, None when absent; IPv6 stands in brackets."""
    value = text(name)
    if not value:
        return None
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 1 <= int(port) <= MOST_PORT:
        raise ImproperlyConfigured(f"{name} is host:port, like 127.0.0.1:9464, not {value!r}.")
    return host, int(port)


def span(name: str) -> timedelta | None:
    """Return the variable as a time span (see ``accounts/spans.py``), None when absent."""
    value = text(name)
    if not value:
        return None
    try:
        return parse_span(value)
    except ValueError as fault:
        raise ImproperlyConfigured(f"{name}: {fault}") from fault
