"""One request straight into the ASGI application, whose path is the bytes that were sent."""

import asyncio
import json
from typing import Any
from urllib.parse import unquote

from django.core.asgi import get_asgi_application


def ask_bytes(raw_path: bytes, *headers: tuple[bytes, bytes]) -> tuple[int, dict[str, Any]]:
    """Return the status and the document that a GET of ``raw_path`` is answered with."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(raw_path.decode("latin-1"), errors="replace"),
        "raw_path": raw_path,
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }
    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(get_asgi_application()(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(body)
