"""Answers of the gate as bytes, made ready once (``contract.md`` section 8)."""

import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from accounts.errors import DomainError
from tokens.verify.snapshot import TokenSnapshot

Pairs = list[tuple[bytes, bytes]]

_ALWAYS = (
    (b"content-length", b"0"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_ANY_ID = str(uuid.UUID(int=0))


class Rendered(Protocol):
    """A refusal as it goes over the wire: status, headers (names in lower case), document."""

    status: int
    headers: Pairs
    body: bytes


Render = Callable[[DomainError, str, str], Rendered]
"""Writes an error at a path, under a request id, as a problem document."""


class Prepared:
    """A refusal that differs by its request id alone."""

    def __init__(self, error: DomainError, path: str, render: Render) -> None:
        told = render(error, path, _ANY_ID)
        mark = _ANY_ID.encode()
        self._status = told.status
        self._head, self._tail = told.body.split(mark)
        self._length = len(told.body) - len(mark)
        changing = {b"x-request-id", b"content-length"}
        self._headers = [pair for pair in told.headers if pair[0] not in changing]

    def answer(self, request_id: bytes) -> tuple[int, Pairs, bytes]:
        """Return status, headers and body under ``request_id``."""
        length = b"%d" % (self._length + len(request_id))
        headers = [*self._headers, (b"x-request-id", request_id), (b"content-length", length)]
        return self._status, headers, self._head + request_id + self._tail


def identity(snapshot: TokenSnapshot) -> dict[str, str]:
    """Return the headers that tell a gateway whose token it is, and what it may do."""
    return {
        "X-Wardkey-Organization": str(snapshot.organization_id),
        "X-Wardkey-Service-Account": snapshot.account_slug,
        "X-Wardkey-Service-Account-Id": str(snapshot.account_id),
        "X-Wardkey-Token": str(snapshot.token_id),
        "X-Wardkey-Scopes": " ".join(snapshot.scopes),
    }


def good_headers(snapshot: TokenSnapshot) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of a 200, but for the request id."""
    return (*_ALWAYS, *(_pair(name, value) for name, value in identity(snapshot).items()))


@lru_cache(maxsize=20_000)
def _pair(name: str, value: str) -> tuple[bytes, bytes]:
    """Return a header as bytes; tokens of one account share most of theirs."""
    return name.lower().encode(), value.encode("ascii")
