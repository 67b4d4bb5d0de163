"""Answers of the gate, made ready once (``contract.md`` section 8)."""

import math
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus

from accounts.errors import DomainError
from tokens.gate.forward import signed_identity
from tokens.verify.snapshot import TokenSnapshot

Pairs = list[tuple[bytes, bytes]]
Answer = tuple[int, Pairs, bytes]
"""Status, headers (names in lower case) and body."""
Render = Callable[[DomainError, str, str], Answer]
"""Writes an error at a path, under a request id, as a problem document."""

_ALWAYS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_CHANGING = {b"x-request-id", b"content-length"}
_ANY_ID = str(uuid.UUID(int=0))


class Ready:
    """An answer that differs by its request id alone, which its body may tell too.

    It may be told ``until`` then, by ``boot_seconds``.
    """

    __slots__ = ("_around", "_headers", "_start", "_status", "until")

    def __init__(self, answer: Answer, until: float = math.inf) -> None:
        self._status, headers, body = answer
        self._headers = [pair for pair in headers if pair[0] not in _CHANGING]
        self._around = body.split(_ANY_ID.encode()) if body else None
        self.until = until
        line = b"HTTP/1.1 %d %b" % (self._status, HTTPStatus(self._status).phrase.encode())
        lines = [line, *(b": ".join(pair) for pair in self._headers), b"x-request-id: "]
        self._start = b"\r\n".join(lines)

    def body(self, request_id: bytes) -> bytes:
        """Return its body under ``request_id``."""
        return request_id.join(self._around) if self._around else b""

    def head(self, request_id: bytes, length: int) -> bytes:
        """Return its status line and headers as they go over the wire, for a body of ``length``."""
        return b"%b%b\r\ncontent-length: %d\r\n" % (self._start, request_id, length)

    def start(self, request_id: bytes, length: int) -> dict[str, object]:
        """Return the message of ASGI that begins it."""
        changing = [(b"x-request-id", request_id), (b"content-length", b"%d" % length)]
        headers = [*self._headers, *changing]
        return {"type": "http.response.start", "status": self._status, "headers": headers}


def refusal(error: DomainError, path: str, render: Render) -> Ready:
    """Return the answer that tells ``error``."""
    return Ready(render(error, path, _ANY_ID))


def good(snapshot: TokenSnapshot, now: float) -> Ready:
    """Return the answer that tells whose a good token is, and what it may do.

    Args:
        now: by ``boot_seconds``.

    Raises:
        Unavailable: the identity is to be signed, and there is nothing to sign with.
    """
    headers, until = [*_ALWAYS, *_pairs(identity(snapshot).items())], math.inf
    signed = signed_identity(snapshot)
    if signed is not None:
        headers.append((b"authorization", signed.header))
        until = now + signed.good_for
    return Ready((200, headers, b""), until)


def identity(snapshot: TokenSnapshot) -> dict[str, str]:
    """Return the headers that tell a gateway whose token it is, and what it may do."""
    return {
        "X-Wardkey-Organization": str(snapshot.organization_id),
        "X-Wardkey-Service-Account": snapshot.account_slug,
        "X-Wardkey-Service-Account-Id": str(snapshot.account_id),
        "X-Wardkey-Token": str(snapshot.token_id),
        "X-Wardkey-Scopes": " ".join(snapshot.scopes),
    }


def _pairs(headers: Iterable[tuple[str, str]]) -> Pairs:
    return [(name.lower().encode(), value.encode("ascii")) for name, value in headers]
