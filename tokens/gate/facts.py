"""What a caller of the gate wants to know: the scopes that the query names."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl

from accounts.catalogue import catalogue
from tokens.verify.snapshot import CallFacts

LONGEST_REMEMBERED = 500
"""Bytes of a query; gateways ask by few and short ones, over and over."""


def facts_of(scopes: Iterable[str]) -> CallFacts:
    """Return the facts of a call that needs all of ``scopes``."""
    needed, known = tuple(dict.fromkeys(scopes)), catalogue()
    return CallFacts(needed, frozenset(scope for scope in needed if scope not in known))


def facts_in(query: bytes) -> CallFacts:
    """Return the facts of a raw query string; other members than ``scope`` are ignored."""
    return _remembered(query) if len(query) <= LONGEST_REMEMBERED else _read(query)


def _read(query: bytes) -> CallFacts:
    members = parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True)
    return facts_of(value for name, value in members if name == "scope")


_remembered = lru_cache(maxsize=1_000)(_read)
