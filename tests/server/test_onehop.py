"""Django in one hop: threads, bounds, streams and failures."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import signals
from pytest_django import Settings

from config.server.front import Front
from config.server.onehop import OneHopHandler
from config.server.pool import NoRoom, ThreadRoom, TooLate
from tests.server import toy_urls
from tests.server.conftest import wait_until
from tests.server.wire import Line, ask, get, serving


@pytest.fixture(autouse=True)
def toy(settings: Settings) -> Iterator[None]:
    """The toy addresses, without middleware."""
    settings.ROOT_URLCONF = "tests.server.toy_urls"
    settings.MIDDLEWARE = []
    settings.ALLOWED_HOSTS = ["*"]
    toy_urls.closed.clear()
    yield
    toy_urls.closed.clear()


def django(**options: Any) -> Front:
    handler = OneHopHandler(**options)
    return Front(handler, close=handler.close)


def test_a_request_runs_in_a_thread_of_its_pool() -> None:
    with serving(django()) as port:
        data = b"POST /toy/echo HTTP/1.1\r\nHost: a\r\nX_Bad: 1\r\nContent-Length: 3\r\n\r\nabc"
        reply = ask(port, data)
    name, size, *headers = reply.body.decode().split()
    assert name.startswith("wardkey-")
    assert size == "3"
    assert headers == ["Content-Length", "Host"]
    assert reply.headers["content-length"] == str(len(reply.body))


def test_head_has_headers_only() -> None:
    with serving(django()) as port, Line(port) as line:
        line.say(b"HEAD /toy/echo HTTP/1.1\r\nHost: a\r\n\r\n")
        line.say(b"HEAD /toy/stream HTTP/1.1\r\nHost: a\r\n\r\n")
        line.say(get("/toy/empty") + get("/toy/stream?parts=1"))
        raw = b""
        while b"x" * 100 not in raw:
            raw += line.socket.recv(65536)
    heads = raw.split(b"\r\n\r\n")
    assert [head.split()[1] for head in heads[:4]] == [b"200", b"200", b"204", b"200"]
    assert b"content-length" in heads[0]
    assert b"content-length" not in heads[2]  # RFC 9110 section 8.6
    assert toy_urls.closed


def test_a_stream_is_sent_as_it_is_made_and_closed_in_the_pool() -> None:
    with serving(django()) as port:
        reply = ask(port, get("/toy/stream?parts=3"))
        wait_until(lambda: toy_urls.closed)
    assert len(reply.body) == 3 * 2**20
    assert toy_urls.closed[0].startswith("wardkey-")


def test_an_endless_stream_waits_for_its_reader_and_ends_with_it() -> None:
    with serving(django(room=ThreadRoom(threads=1))) as port:
        with Line(port) as line:
            line.say(get("/toy/stream"))
            line.socket.recv(1000)
            time.sleep(0.2)
            assert not toy_urls.closed
            assert ask(port, get("/toy/echo")).status == 200  # the reader holds no thread
        wait_until(lambda: toy_urls.closed)


def test_a_stream_that_breaks_off_ends_the_connection() -> None:
    with serving(django()) as port, Line(port) as line:
        line.say(get("/toy/broken-stream"))
        raw = b""
        while data := line.socket.recv(1000):
            raw += data
        assert b"first" in raw
        assert not raw.endswith(b"0\r\n\r\n")
        wait_until(lambda: toy_urls.closed)


def test_what_escapes_django_is_a_problem_with_an_id_and_the_server_lives_on() -> None:
    with serving(django()) as port:
        reply = ask(port, get("/toy/leave"))
        assert (reply.status, reply.problem()["code"]) == (500, "Server.Error")
        assert ask(port, get("/toy/echo")).status == 200


def test_a_query_that_is_no_text_is_refused() -> None:
    async def raw() -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        scope = {"type": "http", "method": "GET", "path": "/toy/echo", "query_string": b"\xff"}
        await OneHopHandler()({**scope, "headers": []}, receive, send)
        return said

    assert asyncio.run(raw())[0]["status"] == 400


def test_an_answer_that_does_not_come_in_time_is_503_and_its_thread_keeps_its_place() -> None:
    room = ThreadRoom(threads=1, waiting=1)
    with serving(django(room=room, seconds=0.3)) as port:
        for _ in range(2):  # the second one never gets a thread
            reply = ask(port, get("/toy/slow?seconds=1.2"))
            assert (reply.status, reply.problem()["code"]) == (503, "Server.Unavailable")
            assert reply.headers["retry-after"] == "1"
        wait_until(lambda: ask(port, get("/toy/echo")).status == 200)


def test_when_too_many_wait_the_next_is_turned_away_at_once() -> None:
    with serving(django(room=ThreadRoom(threads=1, waiting=1))) as port:
        with Line(port) as first, Line(port) as second, Line(port) as third:
            lines = [first, second, third]
            for line in lines:
                line.say(get("/toy/slow?seconds=1"))
            wait_until(lambda: any(line.has_answer() for line in lines))
            [refused] = [line for line in lines if line.has_answer()]
            reply = refused.hear()
            assert (reply.status, reply.problem()["code"]) == (503, "Server.Unavailable")
            assert [line.hear().status for line in lines if line is not refused] == [200, 200]
        assert ask(port, get("/toy/echo")).status == 200


def test_the_request_is_over_before_its_answer_is_sent() -> None:
    finished: list[str] = []

    def note(**_: Any) -> None:
        finished.append(threading.current_thread().name)

    signals.request_finished.connect(note)
    try:
        with serving(django()) as port:
            ask(port, get("/toy/echo"))
    finally:
        signals.request_finished.disconnect(note)
    assert [name.startswith("wardkey-") for name in finished] == [True]


def test_the_end_of_the_process_waits_for_what_runs() -> None:
    room = ThreadRoom()
    done: list[bool] = []

    def work() -> None:
        time.sleep(0.4)
        done.append(True)

    async def start() -> None:
        with pytest.raises(TooLate):
            await room.run(work, seconds=0.1)
        await asyncio.to_thread(room.close)
        with pytest.raises(NoRoom):
            await room.run(lambda: None, seconds=1)

    asyncio.run(start())
    assert done == [True]


def test_late_work_is_handed_over_whether_it_ran_failed_or_never_began() -> None:
    room = ThreadRoom(threads=1)
    late: list[str | None] = []

    given_up, failing = threading.Event(), threading.Event()

    def run() -> str:
        given_up.wait()
        return "ran"

    def fail() -> str:
        failing.wait()
        raise ValueError("late")

    async def start() -> None:
        with pytest.raises(TooLate):
            await room.run(run, seconds=0.05, late=late.append)
        with pytest.raises(TooLate):
            await room.run(lambda: "dropped", seconds=0.01, late=late.append)
        given_up.set()
        await room.run(lambda: None, seconds=60)
        with pytest.raises(TooLate):
            await room.run(fail, seconds=0.05, late=late.append)
        failing.set()
        await asyncio.to_thread(room.close)

    asyncio.run(start())
    assert late == ["ran", None, None]


def test_a_failure_of_the_work_itself_comes_back() -> None:
    room = ThreadRoom(threads=1)

    def fail() -> None:
        raise TimeoutError("its own")

    async def start() -> None:
        with pytest.raises(TimeoutError, match="its own"):
            await room.run(fail, seconds=5)

    asyncio.run(start())
    room.close()


def test_threads_are_not_inherited_over_a_fork() -> None:
    room = ThreadRoom(threads=1)
    asyncio.run(room.run(lambda: None, seconds=5))
    child = os.fork()
    if not child:
        code = 1
        try:
            code = asyncio.run(room.run(lambda: 7, seconds=5))
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    room.close()
