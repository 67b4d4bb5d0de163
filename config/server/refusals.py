"""Refusals that Django never sees, as the same problem documents that it writes.

They are raised before a thread is taken (a head or body that cannot be read), instead
of an answer (no thread in time) or after Django failed altogether.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from accounts.errors import DomainError
from accounts.redaction import redact
from config.api.problems import CONTENT_TYPE, problem_document, written
from config.operations.request_ids import settled_id

logger = logging.getLogger("wardkey.server")

Headers = list[tuple[bytes, bytes]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Refusal(NamedTuple):
    """A refusal, ready to be sent: status, headers and the bytes of its document."""

    status: int
    headers: Headers
    body: bytes

    def as_http(self, more: Headers) -> bytes:
        """Return the whole answer as HTTP/1.1, the last one of its connection."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}".encode()]
        for name, value in [*more, *self.headers, (b"connection", b"close")]:
            lines.append(name + b": " + value)
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the request id that the client brought, if it is well-formed, else a new one."""
    sent = next((value for name, value in headers if name == b"x-request-id"), b"")
    return settled_id(sent.decode("latin1"))


def refuse(error: DomainError, *, path: str, request_id: str | None = None) -> Refusal:
    """Return ``error`` as an answer and leave a line in the log.

    Without ``request_id`` it gets a new one, by which the log line is found.
    """
    request_id = request_id or str(uuid.uuid4())
    logger.warning(
        "refused before Django: %s",
        error.code,
        extra={"requestId": request_id, "status": error.status, "reason": error.detail},
    )
    return render(error, path, request_id)


def render(error: DomainError, path: str, request_id: str) -> Refusal:
    """Return ``error`` as an answer."""
    body = written(problem_document(error, path=path, request_id=request_id))
    headers = [
        (b"content-type", CONTENT_TYPE.encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"x-request-id", request_id.encode("ascii")),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        *(
            (name.lower().encode(), redact(value).encode("latin1"))
            for name, value in error.headers.items()
        ),
    ]
    return Refusal(error.status, headers, body)


async def send_refusal(refusal: Refusal, scope: dict[str, Any], send: Send, *more: bytes) -> None:
    """Send ``refusal`` as the answer to ``scope``; ``more`` is one further header, if any."""
    headers = refusal.headers + ([(more[0], more[1])] if more else [])
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else refusal.body
    await send({"type": "http.response.body", "body": body})
