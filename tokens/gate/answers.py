"""Answers of the gate as bytes, made ready once (``contract.md`` section 8)."""

import math
import uuid
from collections.abc import Callable
from functools import lru_cache

from accounts.errors import DomainError
from tokens.gate.forward import signed_identity
from tokens.verify.snapshot import TokenSnapshot

Pairs = list[tuple[bytes, bytes]]

WHOLE_ANSWER = "wardkey.whole_answer"
"""The ASGI extension of our server (``config/server/protocol.py``): its ``write`` takes an answer's
status line and headers as they go over the wire, for one without a body, and says whether it has
written it; if not, it is to be sent as ASGI has it."""

_ALWAYS = (
    (b"content-length", b"0"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_ANY_ID = str(uuid.UUID(int=0))


Answer = tuple[int, Pairs, bytes]
"""Status, headers (names in lower case) and body."""
Render = Callable[[DomainError, str, str], Answer]
"""Writes an error at a path, under a request id, as a problem document."""


class Prepared:
    """A refusal that differs by its request id alone."""

    def __init__(self, error: DomainError, path: str, render: Render) -> None:
        self._status, headers, body = render(error, path, _ANY_ID)
        self._head, self._tail = body.split(_ANY_ID.encode())
        changing = {b"x-request-id", b"content-length"}
        self._headers = [pair for pair in headers if pair[0] not in changing]

    def answer(self, request_id: bytes) -> Answer:
        """Return it under ``request_id``."""
        body = self._head + request_id + self._tail
        changing = [(b"x-request-id", request_id), (b"content-length", b"%d" % len(body))]
        return self._status, [*self._headers, *changing], body


def identity(snapshot: TokenSnapshot) -> dict[str, str]:
    """Return the headers that tell a gateway whose token it is, and what it may do."""
    return {
        "X-Wardkey-Organization": str(snapshot.organization_id),
        "X-Wardkey-Service-Account": snapshot.account_slug,
        "X-Wardkey-Service-Account-Id": str(snapshot.account_id),
        "X-Wardkey-Token": str(snapshot.token_id),
        "X-Wardkey-Scopes": " ".join(snapshot.scopes),
    }


class Good:
    """A 200 that differs by its request id alone: its headers, and its head as it is written.

    It may be told ``until`` then, a moment of the clock of ``now``.

    Raises:
        Unavailable: the identity is to be signed, and there is nothing to sign with.
    """

    __slots__ = ("head", "headers", "until")

    def __init__(self, snapshot: TokenSnapshot, now: float) -> None:
        told = [_pair(name, value) for name, value in identity(snapshot).items()]
        signed = signed_identity(snapshot)
        self.until = math.inf
        if signed is not None:
            self.until = now + signed.good_for
            told.append((b"authorization", signed.header))
        self.headers = (*_ALWAYS, *told)
        lines = [b"HTTP/1.1 200 OK", *(b": ".join(pair) for pair in self.headers)]
        self.head = b"\r\n".join([*lines, b"x-request-id: "])


@lru_cache(maxsize=20_000)
def _pair(name: str, value: str) -> tuple[bytes, bytes]:
    """Return a header as bytes; tokens of one account share most of theirs."""
    return name.lower().encode(), value.encode("ascii")
