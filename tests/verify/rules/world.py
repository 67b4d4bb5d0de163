"""A process that verifies, in a time of its own that passes only while nothing happens."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from accounts.keys import key_ring
from config.server.refusals import render
from tests.verify.rules.database import Database, MemoryLines, Statement, digest_of
from tokens.gate import asgi, first_look
from tokens.gate.asgi import Gate
from tokens.gate.facts import facts_of
from tokens.secret import TokenSecret
from tokens.verify import live
from tokens.verify.lines import Lines
from tokens.verify.live import LiveVerifier
from tokens.verify.memory import Kept
from tokens.verify.verdict import Reason
from tokens.verify.waiter import NoVerdict

A_MOMENT = 0.001
JUST_BEFORE = 0.0001
LONGEST_STORY = 100.0
NOBODY = ("", b"", b"", b"")
"""Who asks, where nothing is told of it."""


class Clock:
    """Seconds since the start, and those that were slept through."""

    def __init__(self) -> None:
        self.awake = 0.0
        self.asleep = 0.0

    def seconds(self) -> float:
        """Return the time as ``boot_seconds`` tells it."""
        return self.awake + self.asleep


class _Waiting(selectors.SelectSelector):
    """Lets time pass at once where a loop would wait."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "nothing would ever happen again"
        self._clock.awake += timeout
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: Clock) -> None:
        self._time = clock
        super().__init__(_Waiting(clock))

    def time(self) -> float:
        return self._time.awake


class World:
    """One ``LiveVerifier``, its database, and what passes between them.

    ``holds`` are the kinds of statements, "read" and "poll", whose replies wait for the test.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self.database = Database(self.clock.seconds)
        self.holds: set[str] = set()
        self.is_down = False
        self.tries: list[float] = []
        self.lines: list[MemoryLines] = []
        self.verifier = LiveVerifier(self._open)
        self._gate = Gate(_nobody, self.verifier, render)
        self.noted: list[Any] = []
        for module in (live, asgi, first_look):
            patch.setattr(module, "boot_seconds", self.clock.seconds)
        for module in (live, first_look):
            patch.setattr(module, "note_use", lambda *told: self.noted.append(told))

    def run(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a story to its end."""

        async def whole() -> None:
            try:
                async with asyncio.timeout(LONGEST_STORY):
                    await story()
            finally:
                self.verifier.close()

        with asyncio.Runner(loop_factory=lambda: _Loop(self.clock)) as runner:
            runner.run(whole())

    @property
    def reads(self) -> list[Statement]:
        """The reads that were sent, over whatever lines."""
        return [read for lines in self.lines for read in lines.reads]

    @property
    def polls(self) -> list[Statement]:
        """The polls that were sent."""
        return [poll for lines in self.lines for poll in lines.polls]

    async def verify(self, secret: TokenSecret, *scopes: str) -> Reason | None:
        """Return the verdict as it is read; None if there is none."""
        try:
            digests = [secret.digest(key) for key in key_ring()]
            return (await self.verifier.verify(digests, facts_of(scopes), NOBODY)).reason
        except NoVerdict:
            return None

    def begin(self, secret: TokenSecret) -> "asyncio.Task[Reason | None]":
        """Begin a verify that is read; it starts as soon as the story waits."""
        return asyncio.get_running_loop().create_task(self.verify(secret))

    def kept(self, secret: TokenSecret) -> Kept | None:
        """Return what memory gives for ``secret`` now."""
        return self.verifier.kept(digest_of(secret), self.clock.seconds())

    def ends_at(self, secret: TokenSecret, moment: float) -> None:
        """Assert that memory gives ``secret`` until just before a moment, and not at it."""
        self.clock.awake = moment - JUST_BEFORE
        assert self.kept(secret)
        self.clock.awake = moment
        assert not self.kept(secret)

    async def keep(self, *secrets: TokenSecret) -> None:
        """Have good tokens in memory."""
        for secret in secrets:
            assert await self.verify(secret) is Reason.GOOD
            assert self.kept(secret)

    async def ask(
        self,
        secret: TokenSecret,
        query: str = "",
        headers: type[list[tuple[bytes, bytes]]] = list,
    ) -> int:
        """Return the status that the gate answers."""
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "client": None,
            "raw_path": b"/tokens/validate",
            "query_string": query.encode(),
            "headers": headers([(b"authorization", f"Bearer {secret}".encode())]),
        }
        await self._gate(scope, None, send)
        return int(sent[0]["status"])

    async def polled(self) -> None:
        """Wait until a poll was answered that was not sent yet."""
        before = len(self.polls)
        self.verifier.kept(b"somebody asks", self.clock.seconds())
        await until(lambda: len(self.polls) > before and self.polls[-1].reply.done())
        await asyncio.sleep(A_MOMENT)

    def _open(self) -> Awaitable[Lines]:
        async def opened() -> Lines:
            self.tries.append(self.clock.seconds())
            if self.is_down:
                raise OSError("connection refused")
            self.lines.append(MemoryLines(self.database, self.holds))
            return self.lines[-1]

        return opened()


async def _nobody(*_: Any) -> None:
    raise AssertionError("the gate handed a verify on")


async def until(claim: Callable[[], object], seconds: float = 5.0) -> None:
    """Let time pass until ``claim`` holds."""
    for _ in range(int(seconds / A_MOMENT)):
        if claim():
            return
        await asyncio.sleep(A_MOMENT)
    raise AssertionError("it did not come true in time")
