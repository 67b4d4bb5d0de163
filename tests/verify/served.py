"""A gate that is served, over a database in memory."""

import time
from typing import Any

import pytest

from config.server.front import Front
from config.server.refusals import render
from tests.server.wire import Line, Reply, get
from tests.verify.rules.database import Database, MemoryLines, Rights
from tokens.gate import first_look
from tokens.gate.asgi import Gate
from tokens.verify import live
from tokens.verify.lines import Lines
from tokens.verify.live import LiveVerifier

PATH = "/tokens/validate"
RIGHTS = Rights(scopes=("read:users", "write:releases"))


class Elsewhere:
    """The rest of the server: keeps the paths that reach it, and answers 418."""

    def __init__(self) -> None:
        self.paths: list[bytes] = []

    async def __call__(self, scope: dict[str, Any], _: Any, send: Any) -> None:
        """Answer."""
        self.paths.append(scope["raw_path"])
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 418, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class Served:
    """A gate that is served, with a good token that is in its memory once it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rest: Any = None) -> None:
        self.noted: list[Any] = []
        for module in (live, first_look):
            monkeypatch.setattr(module, "note_use", lambda *told: self.noted.append(told))
        self.database = Database(time.monotonic)
        self.secret = self.database.issue(RIGHTS)
        self.elsewhere = Elsewhere()

        async def open_lines() -> Lines:
            return MemoryLines(self.database, set())

        self.app = Gate(rest or Front(self.elsewhere), LiveVerifier(open_lines), render)
        self.port = 0

    @property
    def bearer(self) -> str:
        """The header that carries the good token."""
        return f"Authorization: Bearer {self.secret}"

    def ask(self, *headers: str, path: str = PATH, method: str = "GET") -> Reply:
        """Return the answer to one request."""
        with Line(self.port) as line:
            line.say(method.encode() + get(path, *headers)[3:])
            return line.hear()
