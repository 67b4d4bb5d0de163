"""The server holds the answer to a loss of rights back, and that takes no thread.

By how much a timer may fall short of its time is what the margin is for: it is left out of bounds.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts import losses
from accounts.epoch import MARGIN_SECONDS
from config.server.front import Front
from config.server.onehop import OneHopHandler
from config.server.pool import THREADS
from tests.server import toy_urls
from tests.server.conftest import wait_until
from tests.server.wire import Line, ask, get, serving

WAIT, LONG = 0.3, 4.0
MANY = 50


@pytest.fixture(autouse=True)
def toy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy addresses, behind what waits where the server does not, and a wait of ``WAIT``."""
    settings.ROOT_URLCONF = "tests.server.toy_urls"
    settings.MIDDLEWARE = ["config.operations.middleware.WaitMiddleware"]
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(losses, "WAIT_SECONDS", WAIT)
    monkeypatch.setattr(losses, "wait", lambda: pytest.fail("a thread waited"))
    toy_urls.taken.clear()
    yield
    toy_urls.taken.clear()


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each wait that was asked for was owed; what was not is left out."""
    found: list[bool] = []
    settle = losses.Owed.settle

    def noted(owed: losses.Owed) -> bool:
        if was_owed := settle(owed):
            found.append(was_owed)
        return was_owed

    monkeypatch.setattr(losses.Owed, "settle", noted)
    return found


def django(**options: Any) -> Front:
    handler = OneHopHandler(**options)
    return Front(handler, close=handler.close)


def since_taken() -> float:
    """Return how long ago something was last taken away, and the margin."""
    return time.monotonic() - toy_urls.taken[-1] + MARGIN_SECONDS


def test_the_answer_leaves_when_the_wait_is_over() -> None:
    with serving(django()) as port:
        assert ask(port, get("/toy/take")).body == b"taken"
        assert since_taken() >= WAIT


def test_a_crash_after_the_loss_is_told_of_after_the_wait() -> None:
    with serving(django()) as port:
        assert ask(port, get("/toy/take?fail=")).status == 500
        assert since_taken() >= WAIT


def test_an_answer_that_comes_too_late_is_given_up_after_the_wait() -> None:
    with serving(django(seconds=0.1)) as port:
        asked = time.monotonic()
        assert ask(port, get("/toy/take?seconds=0.3")).status == 503
        assert time.monotonic() - asked + MARGIN_SECONDS >= 0.1 + WAIT


def test_what_takes_nothing_waits_for_nothing(settled: list[bool]) -> None:
    with serving(django()) as port:
        assert ask(port, get("/toy/echo")).status == 200
        assert ask(port, get("/toy/stream?parts=1")).status == 200
    assert settled == []


def test_a_stream_is_held_before_its_end_once_however_much_it_takes(settled: list[bool]) -> None:
    with serving(django()) as port, Line(port) as line:
        line.say(get("/toy/take-meanwhile"))
        raw = b""
        while b"done" not in raw:
            raw += line.socket.recv(65536)
        assert since_taken() >= WAIT
    assert settled == [True]


def test_the_beginning_of_a_stream_leaves_before_anything_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(losses, "WAIT_SECONDS", 2.0)
    with serving(django()) as port, Line(port) as line:
        line.say(get("/toy/take-meanwhile"))
        raw = b""
        while b"begun" not in raw:
            raw += line.socket.recv(65536)
        assert b"done" not in raw


def test_a_stream_that_breaks_off_is_closed_after_the_wait() -> None:
    with serving(django()) as port, Line(port) as line:
        line.say(get("/toy/take-meanwhile?fail="))
        while line.socket.recv(65536):
            pass
        assert since_taken() >= WAIT


def test_answers_that_wait_take_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "WAIT_SECONDS", LONG)
    assert MANY > THREADS
    with serving(django()) as port:
        lines = [Line(port) for _ in range(MANY)]
        for line in lines:
            line.say(get("/toy/take"))
        wait_until(lambda: len(toy_urls.taken) == MANY)
        assert ask(port, get("/toy/echo")).status == 200
        assert not any(line.has_answer() for line in lines)
        for line in lines:
            with line:
                assert line.hear().body == b"taken"


def test_who_goes_away_meanwhile_harms_nobody(settled: list[bool]) -> None:
    with serving(django()) as port:
        with Line(port) as line:
            line.say(get("/toy/take"))
            wait_until(lambda: toy_urls.taken)
        assert ask(port, get("/toy/take")).body == b"taken"
    assert settled == [True, True]
