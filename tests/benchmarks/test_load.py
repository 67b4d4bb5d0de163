"""The load tool counts whole answers of the right status, and nothing else."""

import socket
import threading
from collections.abc import Iterator
from itertools import repeat

import pytest

from benchmarks.verify.load import Connection, WrongAnswer, drive

REQUEST = b"GET / HTTP/1.1\r\n\r\n"
GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
REFUSED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


class Scripted:
    """A server that sends the same to every request: each part by itself, when it is let."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts
        self.heard = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            while connection.recv(1000) and self.parts:
                self.heard += 1
                for part in self.parts:
                    threading.Event().wait(0.02)
                    connection.sendall(part)

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()


@pytest.fixture
def servers() -> Iterator[list[Scripted]]:
    made: list[Scripted] = []
    yield made
    for each in made:
        each.close()


def connection_to(
    servers: list[Scripted], *parts: bytes, requests: Iterator[bytes], status: int = 200
) -> Connection:
    servers.append(Scripted(*parts))
    return Connection(servers[-1].port, status, requests)


@pytest.mark.parametrize(
    "parts",
    [
        [GOOD],
        [GOOD[:20], GOOD[20:-2], GOOD[-2:]],
        [CHUNKED],
        [CHUNKED[:-3], CHUNKED[-3:]],
        [GOOD[:-5], b"hello"],
    ],
)
def test_an_answer_counts_once_it_is_whole(servers: list[Scripted], parts: list[bytes]) -> None:
    connection = connection_to(servers, *parts, requests=iter([REQUEST] * 3))
    assert drive([connection]) == 3
    assert servers[0].heard == 3
    connection.close()


def test_it_stops_asking_when_its_time_is_over(servers: list[Scripted]) -> None:
    connection = connection_to(servers, GOOD, requests=repeat(REQUEST))
    answered = drive([connection], seconds=0.1)
    assert 1 <= answered == servers[0].heard
    connection.close()


@pytest.mark.parametrize(("parts", "status"), [([REFUSED], 200), ([GOOD], 401)])
def test_a_wrong_status_ends_the_run(
    servers: list[Scripted], parts: list[bytes], status: int
) -> None:
    connection = connection_to(servers, *parts, requests=repeat(REQUEST), status=status)
    with pytest.raises(WrongAnswer, match=f"{status} was due"):
        drive([connection], seconds=5)
    connection.close()


def test_a_closed_connection_ends_the_run(servers: list[Scripted]) -> None:
    connection = connection_to(servers, requests=repeat(REQUEST))
    with pytest.raises(WrongAnswer, match="closed"):
        drive([connection], seconds=5)
    connection.close()
