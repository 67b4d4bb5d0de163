"""Verifies tokens without a pause over many connections, and writes down each verdict.

``python -m tests.races.verifying FOLDER PORT SEED``, with the board, the secrets (``secrets``,
a line each) and room for the account in ``FOLDER``. Sockets and bytes: what is measured shares
the machine with what measures.
"""

import contextlib
import random
import selectors
import socket
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.races.board import Board

CONNECTIONS = 8
AHEAD, BEHIND = 4, 12
"""Tokens that are asked for most: those about to lose something, and those that just have."""
ELSEWHERE, JUST_ANSWERED = 0.1, 0.5
"""How often any other token is asked for, and the one whose loss was answered last."""
BROKEN = 0
"""In place of a status: the connection ended."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verify was answered, and when it was asked; by the monotonic clock."""

    started: float
    ended: float
    token: int
    status: int


class Account:
    """Verdicts, kept small while there are many."""

    def __init__(self) -> None:
        self._times, self._facts = array("d"), array("I")

    def add(self, started: float, ended: float, token: int, status: int) -> None:
        """Write one down."""
        self._times.extend((started, ended))
        self._facts.extend((token, status))

    def save(self, path: Path) -> None:
        """Write all to files."""
        path.with_suffix(".times").write_bytes(self._times.tobytes())
        path.with_suffix(".facts").write_bytes(self._facts.tobytes())

    @classmethod
    def read(cls, path: Path) -> "Account":
        """Return what was saved."""
        found = cls()
        found._times.frombytes(path.with_suffix(".times").read_bytes())
        found._facts.frombytes(path.with_suffix(".facts").read_bytes())
        return found

    def __len__(self) -> int:
        return len(self._facts) // 2

    def __iter__(self) -> Iterator[Verdict]:
        times, facts = self._times, self._facts
        for at in range(0, len(facts), 2):
            yield Verdict(times[at], times[at + 1], facts[at], facts[at + 1])


class Line:
    """One kept connection, which asks one thing at a time."""

    def __init__(self, port: int, account: Account) -> None:
        self._port, self._account = port, account
        self._token, self._started, self._heard = 0, 0.0, b""
        self.socket = self._connected()

    def ask(self, token: int, request: bytes) -> None:
        """Ask for a verdict."""
        self._token, self._heard = token, b""
        self._started = time.monotonic()
        with contextlib.suppress(OSError):  # what has ended is heard of when it is read
            self.socket.send(request)

    def hear(self) -> bool | None:
        """Take what has come; True once it is a whole answer, None when the line has ended."""
        try:
            chunk = self.socket.recv(65_536)
        except OSError:
            chunk = b""
        if not chunk:
            self._account.add(self._started, time.monotonic(), self._token, BROKEN)
            return None
        heard = self._heard = self._heard + chunk
        end = heard.find(b"\r\n\r\n")
        if end < 0 or len(heard) < end + 4 + _length(heard[:end]):
            return False
        self._account.add(self._started, time.monotonic(), self._token, int(heard[9:12]))
        return True

    def reconnect(self) -> None:
        """Begin anew after the line has ended."""
        self.socket.close()
        self.socket = self._connected()

    def _connected(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        made.setblocking(False)
        return made


def _length(head: bytes) -> int:
    told = head.lower().partition(b"content-length:")[2]
    return int(told.split(b"\r", 1)[0]) if told else 0


class Choice:
    """Which token is asked for next."""

    def __init__(self, board: Board, many: int, seed: int) -> None:
        self._board, self._many = board, many
        self._chance = random.Random(seed)

    def __call__(self) -> int:
        """Return a token's number."""
        chance = self._chance.random()
        if chance < ELSEWHERE:
            return int(chance / ELSEWHERE * self._many)
        if chance < ELSEWHERE + JUST_ANSWERED:
            return self._board.answered
        taken = self._board.taken
        first = max(0, taken - BEHIND)
        return min(self._chance.randrange(first, taken + AHEAD), self._many - 1)


def drive(
    port: int,
    requests: list[bytes],
    choose: Callable[[], int],
    is_over: Callable[[], bool],
    account: Account,
) -> None:
    """Send the requests that ``choose`` names over every connection, until it is over."""
    with selectors.DefaultSelector() as ready:
        for _ in range(CONNECTIONS):
            line = Line(port, account)
            ready.register(line.socket, selectors.EVENT_READ, line)
            line.ask(token := choose(), requests[token])
        while not is_over():
            for key, _ in ready.select(timeout=0.2):
                line = key.data
                whole = line.hear()
                if whole is None:
                    ready.unregister(line.socket)
                    line.reconnect()
                    ready.register(line.socket, selectors.EVENT_READ, line)
                if whole is not False:
                    line.ask(token := choose(), requests[token])
        for key in ready.get_map().values():
            key.data.socket.close()


def request_for(secret: str, port: int) -> bytes:
    """Return the question of a gateway about ``secret``."""
    head = f"GET /tokens/validate?scope=read:releases HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    return f"{head}Authorization: Bearer {secret}\r\n\r\n".encode()


def run(folder: Path, port: int, seed: int) -> Account:
    """Verify until the board says that it is over."""
    board, account = Board(folder / "board"), Account()
    secrets = (folder / "secrets").read_text().split()
    requests = [request_for(secret, port) for secret in secrets]
    choose = Choice(board, len(requests), seed)
    drive(port, requests, choose, lambda: board.is_over, account)
    return account


if __name__ == "__main__":
    place, served = Path(sys.argv[1]), int(sys.argv[2])
    run(place, served, int(sys.argv[3])).save(place / f"account-{served}")
