"""The empty request: an ASGI callable that answers 200 and nothing more, whatever it is asked.

It is served by the same worker class and the same protocol as Wardkey, so that it is the least
that a request of this server can cost.
"""

from collections.abc import Awaitable, Callable
from typing import Any

_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_BODY = {"type": "http.response.body", "body": b""}


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Answer 200; and start and stop when the server says so."""
    if scope["type"] == "http":
        await send(_START)
        await send(_BODY)
        return
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})
