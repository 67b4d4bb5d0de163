"""Rounds: work that is done again and again beside answering, whatever happens."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config.server.front import Front
from config.server.rounds import Rounds

SOON, NEVER, PATIENCE = 0.005, 3600.0, 20.0

Make = Callable[..., Rounds]


@pytest.fixture
def make() -> Iterator[Make]:
    """Make rounds that end with the test."""
    made: list[Rounds] = []

    def of(work: Callable[[], object], seconds: float = SOON, **options: Any) -> Rounds:
        made.append(Rounds("a test", work, seconds=seconds, **options))
        return made[-1]

    yield of
    for rounds in made:
        rounds.stop()


def test_the_work_is_done_again_and_again(make: Make) -> None:
    done = threading.Semaphore(0)
    make(done.release).start()
    for _ in range(3):
        assert done.acquire(timeout=PATIENCE)


def test_work_that_fails_is_logged_and_tried_again(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    well = threading.Event()
    tries = iter([RuntimeError("the first"), RuntimeError("the second")])

    def work() -> None:
        if fault := next(tries, None):
            raise fault
        well.set()

    with caplog.at_level(logging.ERROR, logger="wardkey.server"):
        make(work).start()
        assert well.wait(PATIENCE)
    told = [record for record in caplog.records if record.name == "wardkey.server"]
    assert [str(record.exc_info[1]) for record in told if record.exc_info] == [
        "the first",
        "the second",
    ]
    assert "a test failed" in told[0].getMessage()


def test_stopping_does_the_last_round_and_waits_for_it(make: Make) -> None:
    done: list[str] = []
    rounds = make(lambda: done.append("round"), NEVER, last=True)
    rounds.start()
    assert done == []
    rounds.stop()
    assert done == ["round"]
    assert not rounds.is_running
    rounds.stop()
    assert done == ["round"]


def test_stopping_does_no_last_round_that_was_not_asked_for(make: Make) -> None:
    done: list[str] = []
    rounds = make(lambda: done.append("round"), NEVER)
    rounds.start()
    rounds.stop()
    assert done == []


def test_rounds_that_were_never_started_stop_as_well(make: Make) -> None:
    done: list[str] = []
    make(lambda: done.append("round"), last=True).stop()
    assert done == []


def test_starting_twice_is_starting_once(make: Make) -> None:
    before = set(threading.enumerate())
    rounds = make(lambda: None, NEVER)
    rounds.start()
    rounds.start()
    assert len(set(threading.enumerate()) - before) == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_no_rounds_until_it_starts_its_own(make: Make) -> None:
    done = threading.Event()
    rounds = make(done.set, NEVER, last=True)
    rounds.start()
    child = os.fork()
    if child == 0:  # whatever happens in it, it must end here
        status = 1
        try:
            inherited = rounds.is_running
            rounds.stop()
            worked_at_stop = done.is_set()
            rounds.start()
            own = rounds.is_running
            rounds.stop()
            status = 0 if (inherited, worked_at_stop, own, done.is_set()) == (0, 0, 1, 1) else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert rounds.is_running, "the parent's go on"
    assert not done.is_set()


def test_the_front_starts_them_with_the_server_and_not_before() -> None:
    said: list[str] = []

    async def app(*_: Any) -> None:
        said.append("asked")

    front = Front(app, start=lambda: said.append("start"), close=lambda: said.append("close"))
    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, Any]:
        return {"type": next(messages)}

    async def send(message: dict[str, Any]) -> None:
        said.append(message["type"])

    assert said == []
    asyncio.run(front({"type": "lifespan"}, receive, send))
    assert said == ["start", "lifespan.startup.complete", "close", "lifespan.shutdown.complete"]
