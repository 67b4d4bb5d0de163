"""What is put right, and what is refused, before a thread is taken."""

import asyncio
from typing import Any

import pytest

from accounts.api.parsers import MAX_BODY_BYTES
from config.server.front import Front
from tests.server.wire import Line, Reply, ask, get, serving


class Recorder:
    """An ASGI application that keeps what reaches it and answers 200."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, Any], bytes]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer 200 once the body came."""
        message = await receive()
        assert not message["more_body"]
        self.seen.append((scope, message["body"]))
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the one request that came."""
        [(scope, _)] = self.seen
        return list(scope["headers"])


def post(headers: str, body: bytes = b"") -> bytes:
    return f"POST /x?secret=1 HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n".encode() + body


def through_front(data: bytes, app: Recorder, **options: Any) -> Reply:
    with serving(Front(app, **options)) as port:
        return ask(port, data)


@pytest.mark.parametrize(
    "twice", ["Host: a\r\nHost: a", "Content-Type: a/b\r\ncontent-type: a/b", "HOST: a\r\nhost: b"]
)
def test_a_header_that_may_stand_once_is_refused_when_it_stands_twice(twice: str) -> None:
    app = Recorder()
    data = f"GET /x HTTP/1.1\r\n{twice}\r\nX-Request-Id: mine-1\r\n\r\n".encode()
    reply = through_front(data, app)
    assert reply.status == 400
    document = reply.problem()
    assert document["code"] == "Request.Malformed"
    assert document["instance"] == "/x"
    assert document["errorId"] == "mine-1"
    assert not app.seen


def test_a_repeated_content_length_is_refused() -> None:
    reply = through_front(post("Content-Length: 1\r\nContent-Length: 1", b"x"), Recorder())
    assert (reply.status, reply.problem()["code"]) == (400, "Request.Malformed")


def test_a_request_id_that_is_not_well_formed_is_replaced() -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\nX-Request-Id: a b\r\n\r\n"
    assert len(through_front(data, Recorder()).problem()["errorId"]) == 36


def test_headers_with_an_underscore_reach_nobody() -> None:
    app = Recorder()
    through_front(get("/", "X_Wardkey_Scopes: write:*", "X-Kept: 1"), app)
    assert (b"x-kept", b"1") in app.headers()
    assert not [name for name, _ in app.headers() if b"_" in name]


def test_two_authorization_headers_arrive_both() -> None:
    app = Recorder()
    through_front(get("/", "Authorization: Bearer a", "Authorization: Bearer b"), app)
    assert [v for n, v in app.headers() if n == b"authorization"] == [b"Bearer a", b"Bearer b"]


@pytest.mark.parametrize("size", [0, 1, MAX_BODY_BYTES])
def test_a_body_arrives_whole(size: int) -> None:
    app = Recorder()
    through_front(post(f"Content-Length: {size}", b"x" * size), app)
    assert app.seen[0][1] == b"x" * size


def test_a_chunked_body_arrives_with_its_length_and_without_its_trailers() -> None:
    app = Recorder()
    body = b"3\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: Bearer smuggled\r\n\r\n"
    through_front(post("Transfer-Encoding: chunked", body), app)
    assert app.seen[0][1] == b"abcde"
    assert (b"content-length", b"5") in app.headers()
    assert not {b"transfer-encoding", b"authorization"} & {name for name, _ in app.headers()}


def test_a_body_that_is_too_large_is_cut_one_byte_above_the_limit() -> None:
    app = Recorder()
    size = 1_000_000
    with serving(Front(app)) as port, Line(port) as line:
        line.say(post(f"Content-Length: {size}", b"x" * size) + get("/next"))
        assert line.hear().status == 200
        assert line.hear().status == 200  # the rest of the body is not taken for a request
    assert len(app.seen[0][1]) == MAX_BODY_BYTES + 1
    assert app.seen[1][0]["path"] == "/next"


def test_a_body_that_trickles_is_refused_in_time_and_the_connection_closed() -> None:
    app = Recorder()
    with serving(Front(app, body_seconds=0.3)) as port, Line(port) as line:
        line.say(post("Content-Length: 100", b"x"))
        reply = line.hear()
        assert (reply.status, reply.problem()["code"]) == (408, "Request.Timeout")
        assert reply.problem()["instance"] == "/x"
        assert line.is_closed()
    assert not app.seen


def test_what_a_client_does_not_finish_saying_is_not_done() -> None:
    app = Recorder()
    with serving(Front(app)) as port:
        with Line(port) as line:
            line.say(post("Content-Length: 100", b"x"))
        assert ask(port, get("/after")).status == 200
    assert [scope["path"] for scope, _ in app.seen] == ["/after"]


def test_a_body_is_asked_for_where_the_client_waits_to_be_asked() -> None:
    app = Recorder()
    with serving(Front(app)) as port, Line(port) as line:
        line.say(post("Content-Length: 3\r\nExpect: 100-continue"))
        assert line.hear().status == 100
        line.say(b"abc")
        assert line.hear().status == 200
    assert app.seen[0][1] == b"abc"


def test_other_kinds_of_connection_are_refused_and_the_end_waits_for_what_runs() -> None:
    ended: list[str] = []

    async def told(front: Front, scope: str, *messages: str) -> list[str]:
        waiting = [{"type": message} for message in messages]
        said: list[str] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(message: dict[str, Any]) -> None:
            said.append(message["type"])

        await front({"type": scope}, receive, send)
        return said

    front = Front(Recorder(), close=lambda: ended.append("closed"))
    assert asyncio.run(told(front, "websocket")) == ["websocket.close"]
    answers = asyncio.run(told(front, "lifespan", "lifespan.startup", "lifespan.shutdown"))
    assert answers == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert ended == ["closed"]
