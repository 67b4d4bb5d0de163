"""Heads that are too large, too slow or no HTTP, and what shares a connection with them."""

import asyncio
import time
from typing import Any

import pytest

from config.server.front import Front
from config.server.protocol import Bounds
from tests.server.wire import Line, ask, get, serving

QUICK = Bounds(head_seconds=0.3, linger_seconds=0.3)


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer with the path and the length of the body, after a while where asked to."""
    body = (await receive())["body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(0.6)
    answer = f"{scope['path']} {len(body)}".encode()
    headers = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


FRONT = Front(app)


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_with_a_problem_and_the_connection_closed(
    garbage: bytes,
) -> None:
    with serving(FRONT) as port:
        with Line(port) as line:
            line.say(garbage)
            reply = line.hear()
            assert (reply.status, reply.problem()["code"]) == (400, "Request.Malformed")
            assert reply.headers["connection"] == "close"
            assert line.is_closed()
        assert ask(port, get("/after")).body == b"/after 0"


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 2_000_000,
        b"GET /" + b"x" * 2_000_000,
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1234567890\r\n" * 100_000,
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x" * 2_000_000,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "
        + b"x" * 2_000_000,
    ],
    ids=["value", "address", "many", "name", "trailer"],
)
def test_a_head_without_end_is_refused(head: bytes) -> None:
    with serving(FRONT) as port, Line(port) as line:
        line.say(head)
        reply = line.hear()
        assert reply.status == 400
        assert "64 KiB" in reply.problem()["detail"]
        assert line.is_closed()


def test_a_head_just_below_the_limit_is_read() -> None:
    with serving(FRONT) as port:
        assert ask(port, get("/x", "X: " + "x" * 65_000)).status == 200
        assert ask(port, get("/x", "X: " + "x" * 65_536)).status == 400


def test_half_a_head_is_waited_for_only_so_long() -> None:
    with serving(FRONT, QUICK) as port, Line(port) as line:
        line.say(b"GET /half?secret HTTP/1.1\r\nHo")
        reply = line.hear()
        assert (reply.status, reply.problem()["code"]) == (408, "Request.Timeout")
        assert reply.problem()["instance"] == "/half"
        assert line.is_closed()


def test_a_head_that_trickles_gets_no_longer() -> None:
    with serving(FRONT, QUICK) as port, Line(port) as line:
        line.say(b"GET /")
        while not line.has_answer():
            line.say(b"x")
            time.sleep(0.05)
        assert line.hear().status == 408


def test_a_connection_that_says_nothing_is_closed_without_a_word() -> None:
    with serving(FRONT, QUICK) as port, Line(port) as line:
        assert line.is_closed()


def test_an_idle_connection_is_kept_and_then_closed_even_after_empty_lines() -> None:
    with serving(FRONT, QUICK, keep_alive=2) as port, Line(port) as line:
        line.say(get("/1"))
        assert line.hear().body == b"/1 0"
        time.sleep(0.5)  # longer than a head may take: it is not one
        line.say(get("/2") + b"\r\n\r\n")
        assert line.hear().body == b"/2 0"
        line.say(b"\r\n")
        assert line.is_closed()


def test_pipelined_requests_are_answered_in_order() -> None:
    with serving(FRONT) as port, Line(port) as line:
        post = b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        line.say(post + get("/2") + post + get("/4"))
        assert [line.hear().body for _ in range(4)] == [b"/slow 3", b"/2 0", b"/slow 3", b"/4 0"]


def test_garbage_behind_a_request_does_not_answer_for_it() -> None:
    with serving(FRONT) as port, Line(port) as line:
        line.say(get("/slow") + get("/2") + b"garbage\r\n\r\n")
        assert [line.hear().body for _ in range(2)] == [b"/slow 0", b"/2 0"]
        assert line.hear().problem()["code"] == "Request.Malformed"
        assert line.is_closed()


def test_half_a_head_behind_a_request_does_not_answer_for_it() -> None:
    with serving(FRONT, QUICK) as port, Line(port) as line:
        line.say(get("/slow") + b"GET /half")
        assert line.hear().body == b"/slow 0"
        assert line.hear().status == 408


def test_garbage_in_a_body_is_refused_and_the_request_not_run() -> None:
    ran: list[str] = []

    async def noting(scope: dict[str, Any], receive: Any, send: Any) -> None:
        ran.append(scope["path"])
        await app(scope, receive, send)

    broken = b"POST /broken HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz"
    with serving(Front(noting)) as port:
        assert ask(port, broken).status == 400
        with Line(port) as line:
            line.say(get("/slow") + broken)
            assert line.hear().body == b"/slow 0"
            assert line.hear().status == 400
    assert ran == ["/slow"]


def test_an_offer_to_upgrade_whose_body_has_no_end_is_refused() -> None:
    odd = ["Connection: Upgrade", "Upgrade: websocket", "Transfer-Encoding: gzip"]
    with serving(FRONT, QUICK) as port, Line(port) as line:
        line.say(b"POST" + get("/odd", *odd)[3:])
        reply = line.hear()
        assert (reply.status, reply.problem()["code"]) == (400, "Request.Malformed")
        assert line.is_closed()


@pytest.mark.parametrize("offer", ["h2c", "websocket"])
def test_an_offer_to_upgrade_is_ignored_and_the_body_read(offer: str) -> None:
    lines = f"Host: a\r\nConnection: Upgrade\r\nUpgrade: {offer}\r\n".encode()
    post = b"POST /u HTTP/1.1\r\n" + lines
    with serving(FRONT) as port, Line(port) as line:
        line.say(post + b"Content-Length: 3\r\n\r\nabc" + get("/2"))
        assert [line.hear().body for _ in range(2)] == [b"/u 3", b"/2 0"]
        line.say(post + b"Transfer-Encoding: chunked\r\n\r\n3\r\na")
        line.say(b"bc\r\n0\r\n\r\n")
        assert line.hear().body == b"/u 3"
        line.say(post + b"\r\n" + get("/4"))
        assert [line.hear().body for _ in range(2)] == [b"/u 0", b"/4 0"]


def test_the_rest_of_a_body_that_was_answered_early_is_not_read_for_ever() -> None:
    with serving(FRONT, QUICK) as port, Line(port) as line:
        line.say(b"POST / HTTP/1.1\r\nHost: a\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
        assert line.hear().status == 400
        assert line.is_closed()
