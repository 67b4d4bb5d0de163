"""Many requests on one connection: each is answered in its turn, and none after the last."""

import asyncio
from unittest.mock import Mock

from uvicorn.config import Config
from uvicorn.server import ServerState

from config.server.gated import MOST_AT_ONCE, GatedProtocol
from tests.server.wire import Line, get
from tests.verify.served import PATH, Served


def test_fifty_verifies_at_once_are_answered_in_their_order(served: Served) -> None:
    wanted = []
    data = b""
    for number in range(50):
        credential = [served.bearer] if number % 3 else [f"Authorization: Bearer x{number}"]
        data += get(PATH, *credential, f"X-Request-Id: n{number}")
        wanted.append((200 if number % 3 else 401, f"n{number}"))
    with Line(served.port) as line:
        line.say(data)
        replies = [line.hear() for _ in range(50)]
    assert [(reply.status, reply.headers["x-request-id"]) for reply in replies] == wanted


def test_who_sends_much_ahead_does_not_keep_the_loop_for_himself(served: Served) -> None:
    async def story() -> int:
        config = Config(served.app, ws="none", interface="asgi3", proxy_headers=False)
        protocol = GatedProtocol(config, ServerState(), {}, asyncio.get_running_loop())
        transport = Mock(**{"is_closing.return_value": False, "get_extra_info": _addresses})
        protocol.connection_made(transport)
        protocol.data_received(get(PATH) * 3 * MOST_AT_ONCE)
        return int(transport.write.call_count)

    assert asyncio.run(story()) == MOST_AT_ONCE


def _addresses(name: str) -> tuple[str, int] | None:
    return ("127.0.0.1", 50_000) if name in {"sockname", "peername"} else None


def test_a_connection_that_is_to_be_closed_is_closed(served: Served) -> None:
    for headers in ([served.bearer], [served.bearer], []):
        with Line(served.port) as line:
            line.say(get(PATH, *headers, "Connection: close"))
            assert line.hear().headers["connection"] == "close"
            assert line.is_closed()


def test_what_is_sent_behind_the_last_request_is_not_done(served: Served) -> None:
    for headers in ([served.bearer], [served.bearer], []):
        with Line(served.port) as line:
            behind = get(PATH, served.bearer) + get("/elsewhere")
            last = get(PATH, *headers, "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")
            line.say(last + behind)
            assert line.hear().headers["connection"] == "close"
            assert line.is_closed()
    assert served.elsewhere.paths == []


def test_verifies_and_other_requests_are_answered_in_their_order(served: Served) -> None:
    assert served.ask(served.bearer).status == 200
    data = b""
    for number in range(20):
        more = [served.bearer, f"X-Request-Id: n{number}"]
        data += get(PATH, *more) + get(f"/elsewhere/{number}") + get(PATH)
    with Line(served.port) as line:
        line.say(data)
        for number in range(20):
            good = line.hear()
            assert (good.status, good.headers["x-request-id"]) == (200, f"n{number}")
            assert [line.hear().status, line.hear().status] == [418, 401]
