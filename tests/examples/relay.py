"""What stands between an example and Wardkey: it counts, listens in, and can misbehave."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.servers import LOCAL

HEAD_END = b"\r\n\r\n"


class Relay:
    """Carries bytes to ``upstream`` and back; ``accepted`` counts connections.

    ``heads`` has the requests that came, as they stood on the wire.
    """

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.accepted = 0
        self.heads: list[str] = []
        self._said: bytes | None = None
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((LOCAL, 0))
        self.port: int = self._listener.getsockname()[1]
        self._accept()

    @contextlib.contextmanager
    def saying(self, answer: bytes) -> Iterator[None]:
        """Answer every request with these bytes, and with silence if there are none."""
        self._cut()
        self._said = answer
        yield
        self._said = None
        self._cut()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Take no connections."""
        self.close()
        yield
        self._listener = socket.create_server((LOCAL, self.port))
        self._accept()

    def close(self) -> None:
        """Stop, and let go of everything."""
        _end(self._listener)
        self._accepting.join()
        self._cut()

    def _accept(self) -> None:
        self._accepting = threading.Thread(target=self._take, args=(self._listener,), daemon=True)
        self._accepting.start()

    def _take(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self._said is not None:
            while head := self._head(client):
                self.heads.append(head)
                if self._said:
                    _send(client, self._said)
            return
        upstream = socket.create_connection((LOCAL, self.upstream))
        self._open.append(upstream)
        threading.Thread(target=_pump, args=(upstream, client), daemon=True).start()
        while head := self._head(client):
            self.heads.append(head)
            _send(upstream, head.encode("latin-1"))
        _end(upstream)

    @staticmethod
    def _head(client: socket.socket) -> str:
        """Return the next request, which has no body; empty when there is none."""
        read = b""
        while not read.endswith(HEAD_END):
            if not (more := _receive(client)):
                return ""
            read += more
        return read.decode("latin-1")

    def _cut(self) -> None:
        while self._open:
            _end(self._open.pop())


def _pump(source: socket.socket, sink: socket.socket) -> None:
    while more := _receive(source):
        _send(sink, more)
    _end(sink)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _send(sink: socket.socket, sent: bytes) -> None:
    with contextlib.suppress(OSError):
        sink.sendall(sent)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)  # wakes who waits for it, which closing does not
    one.close()
