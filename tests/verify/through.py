"""The gate in this process: the real callable, asked through ASGI, over the test's connection."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections
from django.http import HttpResponse

from config.server.refusals import render
from tokens.gate.asgi import Gate
from tokens.verify.lines import Lines
from tokens.verify.live import LiveVerifier
from tokens.verify.memory import MOST_ENTRIES
from tokens.verify.statements import BATCH_POSTGRESQL, ENTRIES, Row, batch_sqlite


class DjangoLines:
    """Lines over Django's connection, which sees what the test's transaction has written.

    Made outside of the loop, on which Django would make a connection of its own.
    """

    are_lost = False

    def __init__(self) -> None:
        self._connection = connections["default"]

    async def read(self, digests: Sequence[bytes]) -> Sequence[Row]:
        """See ``Lines``."""
        if self._connection.vendor == "postgresql":
            return self._rows(BATCH_POSTGRESQL, [list(digests)])
        return self._rows(batch_sqlite(len(digests)), digests)

    async def poll(self, since: int) -> Sequence[Row]:
        """See ``Lines``."""
        return self._rows(ENTRIES, [since, MOST_ENTRIES])

    def cut(self) -> None:
        """Leave the connection to the test."""

    def _rows(self, statement: str, values: Sequence[Any]) -> Sequence[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            rows: Sequence[Row] = cursor.fetchall()
            return rows


class InProcess:
    """One gate, its memory and one event loop for as long as a request, or two, take."""

    def __init__(self) -> None:
        lines = DjangoLines()

        async def open_lines() -> Lines:
            return lines

        self.verifier = LiveVerifier(open_lines)
        self.gate = Gate(_nothing_else, self.verifier, render)

    async def ask(
        self, method: str, path: str, headers: Sequence[tuple[str, str]], query: str = ""
    ) -> HttpResponse:
        """Return the answer to one request."""
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            "client": ("127.0.0.1", 50_000),
        }

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.gate(scope, _never_read, send)
        start, body = sent
        told = {name.decode(): value.decode("latin1") for name, value in start["headers"]}
        assert len(told) == len(start["headers"])
        answer = HttpResponse(body["body"], status=start["status"], headers=told)
        if "content-type" not in told:
            del answer["Content-Type"]
        return answer


def ask_twice(method: str, path: str, headers: Mapping[str, str], query: str = "") -> HttpResponse:
    """Return the answer that the gate gives from memory, if it was good the first time."""
    here = InProcess()

    async def asking() -> HttpResponse:
        fields = list(headers.items())
        first = await here.ask(method, path, fields, query)
        again = await here.ask(method, path, fields, query) if first.status_code == 200 else first
        here.verifier.close()
        assert again.status_code == first.status_code
        assert _but_for_id(first) == _but_for_id(again)
        return again

    return asyncio.run(asking())


def _but_for_id(answer: HttpResponse) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name != "x-request-id"}


async def _nothing_else(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("the gate handed a verify on")


async def _never_read() -> dict[str, Any]:
    raise AssertionError("the gate read a body")
