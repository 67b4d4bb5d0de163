"""The way from a gateway to Wardkey, which a test may listen to and break."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator

from tests.gateways.service import running
from tests.servers import LOCAL

ANSWERS = {
    "ill": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n",
    "stranger": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}
"""What is said to everybody: Wardkey's answer without its database, and another program's."""


class Way:
    """An address that leads to Wardkey's, unless it is ``down``, ``silent`` or of ``ANSWERS``."""

    def __init__(self, wardkey_port: int) -> None:
        self._wardkey_port = wardkey_port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._said, self._answered = bytearray(), bytearray()
        self._door = contextlib.ExitStack()
        self._state = "through"
        self.port = 0

    def __enter__(self) -> "Way":
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._cut()
        self._door.close()

    def begin(self, connection: socket.socket) -> None:
        """Lead a new connection through, or whatever the state says."""
        with self._lock:
            self._open.add(connection)
        try:
            if self._state == "through":
                self._relay(connection)
            else:
                self._receive(connection)
        except OSError:
            pass  # the gateway has gone, or the connection was cut
        finally:
            with self._lock:
                self._open.discard(connection)

    @contextlib.contextmanager
    def being(self, state: str) -> Iterator[None]:
        """Be in a state for a while; connections of the time before are cut."""
        self._state = state
        if state == "down":
            self._door.close()
        self._cut()
        try:
            yield
        finally:
            self._state = "through"
            if state == "down":
                self._listen()
            self._cut()

    def said(self) -> bytes:
        """Return what gateways have said since this was asked last."""
        return self._taken(self._said)

    def answered(self) -> bytes:
        """Return what Wardkey has answered since this was asked last."""
        return self._taken(self._answered)

    def _listen(self) -> None:
        """Take connections, at the address it had before if it had one."""
        door = _Door((LOCAL, self.port), self)
        self.port = int(door.server_address[1])
        self._door.enter_context(running(door))

    def _cut(self) -> None:
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _taken(self, noted: bytearray) -> bytes:
        with self._lock:
            taken = bytes(noted)
            noted.clear()
        return taken

    def _receive(self, connection: socket.socket) -> None:
        """Hear a gateway out, and give no answer but what the state says."""
        while connection.recv(65536):
            connection.sendall(ANSWERS.get(self._state, b""))

    def _relay(self, connection: socket.socket) -> None:
        with socket.create_connection((LOCAL, self._wardkey_port)) as wardkey:
            back = threading.Thread(target=self._pour, args=(wardkey, connection, self._answered))
            back.start()
            self._pour(connection, wardkey, self._said)
            back.join()

    def _pour(self, source: socket.socket, into: socket.socket, noted: bytearray) -> None:
        """Copy until either end closes."""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._lock:
                    noted += data
                into.sendall(data)
        with contextlib.suppress(OSError):
            into.shutdown(socket.SHUT_RDWR)


class _Door(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], way: Way) -> None:
        super().__init__(address, _Visit)
        self.way = way


class _Visit(socketserver.BaseRequestHandler):
    server: _Door

    def handle(self) -> None:
        self.server.way.begin(self.request)
