"""Answers of the gate, made ready once (``contract.md`` section 8)."""

import math
import uuid
from collections.abc import Callable, Iterable

from accounts.errors import DomainError
from tokens.gate.forward import signed_identity
from tokens.gate.head import Head, Pairs, head_of
from tokens.verify.snapshot import TokenSnapshot

Answer = tuple[int, Pairs, bytes]
"""Status, headers (names in lower case) and body."""
Render = Callable[[DomainError, str, str], Answer]
"""Writes an error at a path, under a request id, as a problem document."""

_ALWAYS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_ANY_ID = str(uuid.uuid4())
"""Stands in a body for the id; nobody can send it."""


class Ready:
    """A refusal that was made ready: it differs by its request id alone, in head and body."""

    __slots__ = ("_around", "head")

    def __init__(self, answer: Answer) -> None:
        status, headers, body = answer
        self.head = head_of(status, headers)
        self._around = body.split(_ANY_ID.encode())

    def body(self, request_id: bytes) -> bytes:
        """Return its body under ``request_id``."""
        return request_id.join(self._around)


def refusal(error: DomainError, path: str, render: Render) -> Ready:
    """Return the answer that tells ``error``."""
    return Ready(render(error, path, _ANY_ID))


def good(snapshot: TokenSnapshot, now: float) -> tuple[Head, float]:
    """Return the answer that tells whose a good token is, and until when it may be told.

    It has no body.

    Args:
        now: by ``boot_seconds``, as is the moment that is returned.

    Raises:
        Unavailable: the identity is to be signed, and there is nothing to sign with.
    """
    headers, until = [*_ALWAYS, *_pairs(identity(snapshot).items())], math.inf
    signed = signed_identity(snapshot)
    if signed is not None:
        headers.append((b"authorization", signed.header))
        until = now + signed.good_for
    return head_of(200, headers), until


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
