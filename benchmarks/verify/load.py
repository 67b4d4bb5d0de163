"""The load tool: many connections that stay open, each asking again as soon as it is answered.

One process and no loop but ``epoll``: what it spends on a request is a fraction of what any server
does. It reads every answer whole and looks at its status; a wrong one ends the run.
"""

import math
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence

PATIENCE_SECONDS = 30.0
"""How long an answer is waited for."""
LARGEST_READ = 256 * 1024
_FRAMING = re.compile(
    rb"\r\n(?:content-length: *(\d+)|transfer-encoding: *chunked)\r\n", re.IGNORECASE
)
_HEAD_END, _LAST_CHUNK = b"\r\n\r\n", b"\r\n0\r\n\r\n"


class WrongAnswer(Exception):
    """A server answered otherwise than it should, or not at all."""


class Connection:
    """One connection, and what it goes on asking.

    Args:
        port: of the server, on this machine.
        status: what every answer must have.
        requests: whole requests, as bytes.
    """

    __slots__ = ("_heard", "_sock", "_status", "local_port", "requests")

    def __init__(self, port: int, status: int, requests: Iterator[bytes]) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = b""
        self._status = str(status).encode()
        self.local_port: int = self._sock.getsockname()[1]
        self.requests = requests

    def fileno(self) -> int:
        """Return the number of the socket, so that ``epoll`` takes the connection for it."""
        return self._sock.fileno()

    def ask(self) -> bool:
        """Send the next request; return whether there was one."""
        request = next(self.requests, None)
        if request is None:
            return False
        self._sock.sendall(request)
        return True

    def hear(self) -> bytes | None:
        """Read on; return the answer once it is whole.

        Raises:
            WrongAnswer: the answer is not the one that is due.
        """
        part = self._sock.recv(LARGEST_READ)
        answer = self._heard + part if self._heard else part
        if not part:
            raise WrongAnswer(f"the server closed the connection after {answer!r}")
        if not _is_whole(answer):
            self._heard = answer
            return None
        self._heard = b""
        if answer[9:12] != self._status:
            raise WrongAnswer(f"{self._status.decode()} was due, but there came {answer!r}")
        return answer

    def ask_once(self) -> bytes:
        """Ask, and wait for the answer."""
        self.ask()
        while (answer := self.hear()) is None:
            pass
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()


def drive(connections: Sequence[Connection], seconds: float = math.inf) -> int:
    """Have every connection ask for ``seconds``, or until it has nothing more to ask.

    Returns:
        How many answers came; none is outstanding.
    """
    by_number = {connection.fileno(): connection for connection in connections}
    answered = 0
    with select.epoll() as poll:
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        end = time.monotonic() + seconds
        waiting = sum(connection.ask() for connection in connections)
        while waiting:
            ready = poll.poll(PATIENCE_SECONDS)
            if not ready:
                raise WrongAnswer(f"no answer within {PATIENCE_SECONDS:.0f} s")
            goes_on = time.monotonic() < end
            for number, _ in ready:
                connection = by_number[number]
                if connection.hear() is None:
                    continue
                answered += 1
                if not (goes_on and connection.ask()):
                    waiting -= 1
    return answered


def _is_whole(answer: bytes) -> bool:
    head = answer.find(_HEAD_END)
    if head < 0:
        return False
    framing = _FRAMING.search(answer, 0, head + 2)
    if framing is None:
        return True  # RFC 9112 section 6.3 knows more, but no server here sends it
    if framing[1] is None:
        return answer.endswith(_LAST_CHUNK)
    return len(answer) >= head + len(_HEAD_END) + int(framing[1])
