"""Many requests on one connection: each is answered in its turn, and none after the last."""

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
            line.say(get(PATH, *headers, "Connection: close") + behind)
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
