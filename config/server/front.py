"""The outermost ASGI callable: what must be right before a thread is taken.

A thread is worth more than a connection. Here, on the loop, the headers are put right and the
whole body is read, so that a handful of slow clients cannot stop the API, revokes included.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from accounts.api.parsers import MAX_BODY_BYTES
from accounts.errors import DomainError
from accounts.request_errors import MalformedRequest, RequestTimeout
from config.server.refusals import Headers, Send, refuse, request_id_of, send_refusal

logger = logging.getLogger("wardkey.server")

Receive = Callable[[], Awaitable[dict[str, Any]]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

BODY_SECONDS = 10.0
"""How long a body may take to arrive, from its first byte to its last."""
SINGLE = frozenset({b"host", b"content-length", b"content-type"})
"""Headers that mean two things to two readers when they stand twice."""
FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Front:
    """Reads each request whole, refuses what cannot be read, and hands the rest on to ``app``.

    ``app`` sees headers without ``_`` in their names and gets the body in one message, cut
    one byte above the limit: it answers 413 itself, in its place in the order of refusals.

    Args:
        app: an ASGI application that knows HTTP only.
        start: called once before the first request, in a thread of the process that serves.
        close: called when the process ends; waits for what ``app`` still runs.
        body_seconds: how long a body may take to arrive.
    """

    def __init__(
        self,
        app: App,
        *,
        start: Callable[[], None] | None = None,
        close: Callable[[], None] | None = None,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._start = start
        self._close = close
        self._body_seconds = body_seconds

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one connection event of the server."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        try:
            headers = _unambiguous(scope["headers"])
            body = await self._read(headers, receive)
        except MalformedRequest as error:
            await _refuse(error, scope, send)
            return
        except TimeoutError:
            late = RequestTimeout("The body did not arrive in time.")
            await _refuse(late, scope, send, b"connection", b"close")
            return
        if body is None:
            return  # the client went away: what it did not finish saying is not done
        if body:
            headers = [pair for pair in headers if pair[0] not in FRAMING]
            headers.append((b"content-length", str(len(body)).encode("ascii")))
        # Addresses that Django need not answer are decided here, by scope["raw_path"].
        await self._app({**scope, "headers": headers}, _replay(body, receive), send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        """Return the body, at most one byte more than allowed, or None without a client.

        Raises:
            TimeoutError: it took too long.
        """
        if not any(name in FRAMING for name, _ in headers):
            return b""
        body = bytearray()
        async with asyncio.timeout(self._body_seconds):
            while len(body) <= MAX_BODY_BYTES:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    break
        return bytes(body[: MAX_BODY_BYTES + 1])

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self._start is not None:
                    await asyncio.to_thread(self._start)
                await send({"type": "lifespan.startup.complete"})
                continue
            if self._close is not None:
                await asyncio.to_thread(self._close)
            await send({"type": "lifespan.shutdown.complete"})
            return


def _unambiguous(headers: Headers) -> Headers:
    """Return ``headers`` without those whose name holds ``_``.

    Django and gateways cannot tell ``X_Wardkey`` from ``X-Wardkey``.

    Raises:
        MalformedRequest: a header stands twice that may stand only once.
    """
    seen = set()
    kept = []
    for name, value in headers:
        if b"_" in name:
            continue
        if name in SINGLE:
            if name in seen:
                header = name.decode("ascii").title()
                raise MalformedRequest(f"The header {header} stands twice.")
            seen.add(name)
        kept.append((name, value))
    return kept


async def _refuse(error: DomainError, scope: dict[str, Any], send: Send, *more: bytes) -> None:
    request_id = request_id_of(scope["headers"])
    refusal = refuse(error, path=scope["path"], request_id=request_id)
    await send_refusal(refusal, scope, send, *more)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that tells of the whole body once, and then of what comes after."""
    told = False

    async def replay() -> dict[str, Any]:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
