"""Talking to a server byte by byte, as no HTTP library would, and servers to talk to."""

import asyncio
import contextlib
import json
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from uvicorn.config import Config
from uvicorn.server import Server

from config.server.gated import GatedProtocol
from config.server.protocol import Bounds

LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Reply:
    """One answer: its status, its headers in lower case, its body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> dict[str, Any]:
        """Return the problem document, having checked that it comes as one."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["x-content-type-options"] == "nosniff"
        assert self.headers["cache-control"] == "no-store"
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["errorId"] == self.headers["x-request-id"]
        return document


class Line:
    """One connection."""

    def __init__(self, port: int, seconds: float = 10) -> None:
        self.socket = socket.create_connection((LOCAL, port), timeout=seconds)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def say(self, data: bytes) -> None:
        """Send ``data`` as it is."""
        self.socket.sendall(data)

    def has_answer(self) -> bool:
        """Say whether anything has been answered that was not heard yet."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def hear(self) -> Reply:
        """Read one answer."""
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin1").partition(": ")
            headers[name.lower()] = value
        if headers.get("transfer-encoding") != "chunked":
            return Reply(status, headers, self._file.read(int(headers.get("content-length", 0))))
        body = b""
        while size := int(self._file.readline(), 16):
            body += self._file.read(size)
            self._file.readline()
        self._file.readline()
        return Reply(status, headers, body)

    def is_closed(self) -> bool:
        """Wait until the server closes; False if it says something instead."""
        return not self._file.read(1)


def ask(port: int, data: bytes) -> Reply:
    """Return the first answer to ``data`` on a new connection."""
    with Line(port) as line:
        line.say(data)
        return line.hear()


def get(path: str, *headers: str) -> bytes:
    """Return a GET request as bytes."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode("latin1")


@contextlib.contextmanager
def serving(app: Any, bounds: Bounds | None = None, keep_alive: int = 5) -> Iterator[int]:
    """Serve ``app`` in a thread of this process; gives the port."""
    listener = socket.create_server((LOCAL, 0))
    config = Config(
        app,
        loop="uvloop",
        http=partial(GatedProtocol, bounds=bounds),  # type: ignore[arg-type] # called as a class
        ws="none",
        interface="asgi3",
        proxy_headers=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_keep_alive=keep_alive,
    )
    server = Server(config)
    factory = config.get_loop_factory()

    def run() -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(server.serve(sockets=[listener]))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
