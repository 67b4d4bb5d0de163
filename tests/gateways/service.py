"""The service behind a gateway: it says what has reached it.

``python -m tests.gateways.service 9000`` is one to try a gateway with by hand.
"""

import base64
import contextlib
import hashlib
import json
import socketserver
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers import LOCAL

_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


@dataclass(frozen=True)
class Heard:
    """One request: its headers as they are spelled, its body's length and digest."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    length: int
    digest: str

    def values(self, name: str) -> list[str]:
        """Return the values of a header, by a name in lower case."""
        return [value for spelled, value in self.headers if spelled.lower() == name]


class Service(ThreadingHTTPServer):
    """Answers 200 with what it heard, in JSON; a WebSocket gets back what it sends."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__((LOCAL, port), _Handler)
        self.port = int(self.server_address[1])
        self.heard: list[Heard] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a gateway close its connections as it likes."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def answer(self) -> None:
        body = self._body()
        heard = Heard(
            self.command,
            self.path,
            list(self.headers.items()),
            len(body),
            hashlib.sha256(body).hexdigest(),
        )
        self.server.heard.append(heard)
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._websocket()
            return
        told = json.dumps(asdict(heard)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _websocket(self) -> None:
        key = self.headers.get("Sec-WebSocket-Key", "").encode()
        accept = base64.b64encode(hashlib.sha1(key + _WEBSOCKET).digest())
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.end_headers()
        self.close_connection = True
        while data := self.connection.recv(4096):
            self.wfile.write(data)


@contextlib.contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve in a thread of this process."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        Service(int(sys.argv[1])).serve_forever()
