"""``/metrics`` at an address of its own (``WARDKEY_METRICS_ADDRESS``), without a token.

Every worker listens there, beside the server's address, and whichever takes the connection adds
up the counts of all. It needs neither Django's threads nor the database, so it tells of the
faults of both.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from config.api.problems import no_such_address
from config.operations.metrics import written_counts
from config.server.refusals import Send, render, request_id_of, send_refusal
from tokens.gate.asgi import Gate
from tokens.gate.look import Looks


class MetricsDoor:
    """Answers what comes in at ``port``, and hands the rest on to ``app``.

    Args:
        app: the rest of the server.
        port: where nothing but ``/metrics`` is answered; not the server's.
    """

    def __init__(self, app: Gate, port: int) -> None:
        self._app = app
        self._port = port

    def first_look(self, port: int | None) -> Looks | None:
        """Return what ``app`` lets our server ask; nobody verifies where counts are told."""
        return None if port == self._port else self._app.first_look(port)

    def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> Awaitable[None]:
        """Answer one request; no coroutine itself, since every verify passes through here."""
        server = scope.get("server")
        if server is not None and server[1] == self._port:
            return _tell(scope, send)
        return self._app(scope, receive, send)


async def _tell(scope: dict[str, Any], send: Send) -> None:
    if scope["raw_path"] != b"/metrics" or scope["method"] not in {"GET", "HEAD"}:
        request_id = request_id_of(scope["headers"])
        await send_refusal(render(no_such_address(), scope["path"], request_id), scope, send)
        return
    text, content_type = await asyncio.to_thread(written_counts)
    headers = [
        (b"content-type", content_type.encode("ascii")),
        (b"content-length", b"%d" % len(text)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    shown = b"" if scope["method"] == "HEAD" else text
    await send({"type": "http.response.body", "body": shown})
