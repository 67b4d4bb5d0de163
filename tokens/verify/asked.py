"""What a request tells of who asks: kept as it came, read when it is written.

Reading costs more than the whole verdict, so it is done once for many, in the round.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import parse_qsl

from django.conf import settings

from accounts.addresses import caller_address, network_of
from accounts.catalogue import catalogue
from accounts.names import has_control
from accounts.redaction import redact
from tokens.models import TokenUse

Asked = tuple[str, bytes, bytes, bytes]
"""The peer's address, ``X-Forwarded-For`` (several joined by commas), ``User-Agent`` and the query,
each as it came, empty where there is none."""

LONGEST_FORWARDED, LONGEST_AGENT, LONGEST_QUERY = 200, 250, 500
LONGEST_VALUE = 200

Kind = TokenUse.Kind


def bounded(asked: Asked) -> Asked:
    """Return ``asked`` with what is too long cut at the end that matters less.

    Of an address or a scope nothing is left that was cut in two: it could be another's.
    """
    peer, forwarded, agent, query = asked
    if len(forwarded) > LONGEST_FORWARDED:
        forwarded = forwarded[-LONGEST_FORWARDED:].partition(b",")[2]
    if len(query) > LONGEST_QUERY:
        query = query[:LONGEST_QUERY].rpartition(b"&")[0]
    return peer, forwarded, agent[:LONGEST_AGENT], query


class Reader:
    """Reads what callers told, by the settings as they are; remembers what it has read."""

    def __init__(self) -> None:
        self._trusted = settings.WARDKEY_TRUSTED_PROXIES
        self._addresses = settings.WARDKEY_USAGE_ADDRESSES
        self._scopes = catalogue()
        self.read = cache(self._read)

    def _read(self, asked: Asked) -> Sequence[tuple[Kind, str]]:
        """Return what is worth keeping: the caller's address, its name, each scope it asked for."""
        peer, forwarded, agent, query = asked
        return [*self._address(peer, forwarded), *_agent(agent), *self._asked_for(query)]

    def _address(self, peer: str, forwarded: bytes) -> Iterator[tuple[Kind, str]]:
        if self._addresses == "off":
            return
        found = caller_address(peer, forwarded.decode("latin-1"), self._trusted)
        if found is not None:
            yield Kind.ADDRESS, found if self._addresses == "full" else network_of(found)

    def _asked_for(self, query: bytes) -> Iterator[tuple[Kind, str]]:
        """Yield the scopes that the catalogue knows; nobody can fill the table with others."""
        asked_for = {scope for name, scope in parse_qsl(query.decode("latin-1")) if name == "scope"}
        for scope in asked_for:
            if scope in self._scopes:
                yield Kind.SCOPE, scope


def _agent(sent: bytes) -> Iterator[tuple[Kind, str]]:
    """Yield the program's name, without what is no text and without secrets put there."""
    text = "".join(char for char in sent.decode("utf-8", "replace") if not has_control(char))
    if name := redact(text.strip())[:LONGEST_VALUE].strip():
        yield Kind.AGENT, name
