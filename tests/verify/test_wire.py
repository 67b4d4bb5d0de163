"""The gate byte by byte: what is answered on a connection, and what is not the gate's."""

import json
import time

import pytest
from pytest_django import Settings

from accounts.epoch import LEASE_SECONDS, MARGIN_SECONDS
from config.server.front import Front
from config.server.onehop import OneHopHandler
from tests.server.wire import Line, Reply, get, serving
from tests.verify.served import PATH, RIGHTS, Served
from tokens.secret import TokenSecret


def but_for_the_server(reply: Reply) -> dict[str, str]:
    """Return the headers that the gate wrote."""
    return {name: value for name, value in reply.headers.items() if name not in {"date", "server"}}


@pytest.mark.parametrize("path", [PATH, f"/api{PATH}"])
def test_a_good_answer_is_the_same_to_the_byte_read_or_from_memory(
    served: Served, path: str
) -> None:
    for _ in range(3):
        reply = served.ask(served.bearer, "X-Request-Id: r1", path=f"{path}?scope=read:users")
        assert (reply.status, reply.body) == (200, b"")
        assert but_for_the_server(reply) == {
            "content-length": "0",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-wardkey-organization": "00000000-0000-0000-0000-000000000007",
            "x-wardkey-service-account": "deploy",
            "x-wardkey-service-account-id": str(RIGHTS.account_id),
            "x-wardkey-token": str(RIGHTS.token_id),
            "x-wardkey-scopes": "read:users write:releases",
            "x-request-id": "r1",
        }
    assert not served.elsewhere.paths


def refusals(served: Served) -> dict[str, tuple[list[str], str, int, str]]:
    """Return headers, query, status and challenge of what is refused."""
    nothing = 'Bearer realm="wardkey"'
    invalid = 'Bearer realm="wardkey", error="invalid_token"'
    mistyped = f"{str(served.secret)[:-1]}{'0' if str(served.secret)[-1] != '0' else '1'}"
    lacking = 'Bearer error="insufficient_scope", scope="delete:users"'
    return {
        "nothing": ([], "", 401, nothing),
        "mistyped": ([f"Authorization: Bearer {mistyped}"], "", 401, invalid),
        "unknown": ([f"Authorization: Bearer {TokenSecret.mint()}"], "", 401, invalid),
        "another scheme": (["Authorization: Basic eDp5"], "", 401, invalid),
        "empty": (["Authorization:"], "", 401, invalid),
        "twice": ([served.bearer, served.bearer], "", 401, invalid),
        "twice, the second bad": ([served.bearer, "Authorization: Bearer x"], "", 401, invalid),
        "joined": ([f"{served.bearer}, Bearer {served.secret}"], "", 401, invalid),
        "an underscore": ([f"Authorization_: Bearer {served.secret}"], "", 401, nothing),
        "lacking": ([served.bearer], "?scope=delete:users", 403, lacking),
    }


def test_a_refusal_is_a_problem_document_with_its_challenge(served: Served) -> None:
    bodies = {}
    for name, (headers, query, status, challenge) in refusals(served).items():
        reply = served.ask(*headers, "X-Request-Id: r1", path=f"{PATH}{query}")
        assert reply.status == status, name
        assert reply.problem()["instance"] == PATH
        assert reply.headers["www-authenticate"] == challenge
        assert set(but_for_the_server(reply)) == {
            "content-type", "content-length", "cache-control", "x-content-type-options",
            "x-request-id", "www-authenticate",
        }  # fmt: skip
        bodies[name] = reply.body
    assert bodies["mistyped"] == bodies["unknown"] == bodies["twice"] == bodies["empty"]
    assert json.loads(bodies["nothing"])["errorId"] == "r1"


def test_a_head_is_answered_without_a_body_and_the_connection_goes_on(served: Served) -> None:
    with Line(served.port) as line:
        for headers, status in (([], 401), ([served.bearer], 200)):
            line.say(b"HEAD" + get(PATH, *headers)[3:])
            head = line.socket.recv(65536)
            assert int(head.split()[1]) == status
            assert head.endswith(b"\r\n\r\n")
            assert head.count(b"\r\n\r\n") == 1
        line.say(get(PATH, served.bearer))
        assert line.hear().status == 200


def test_an_api_key_counts_where_it_is_switched_on_and_in_one_spelling(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    for on in (False, True):
        settings.WARDKEY_API_KEY_HEADER = on
        served = Served(monkeypatch)
        with serving(served.app) as served.port:
            key = f"X-Api-Key: {served.secret}"
            for _ in range(2):
                assert served.ask(key).status == (200 if on else 401)
            assert served.ask(f"X_Api_Key: {served.secret}").status == 401
            assert served.ask(key, key).status == 401
            assert served.ask(key, served.bearer).status == (401 if on else 200)


@pytest.mark.parametrize(
    "path",
    [
        "/tokens%2fvalidate", "/tokens/v%61lidate", "/tokens/validate/", "//tokens/validate",
        "/tokens//validate", "/./tokens/validate", "/Tokens/Validate", "/tokens/validate;a=b",
        "/tokens/validate%00", "/tokens/validate%3fscope=a", "/api//tokens/validate", "/tokens",
    ],
)  # fmt: skip
def test_each_address_has_one_spelling(served: Served, path: str) -> None:
    for _ in range(2):
        assert served.ask(served.bearer, path=path).status == 418
    assert set(served.elsewhere.paths) == {path.encode()}


def test_django_behind_the_gate_gives_no_verdict_at_another_spelling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handler = OneHopHandler()
    served = Served(monkeypatch, Front(handler, close=handler.close))
    with serving(served.app) as served.port:
        assert served.ask(served.bearer).status == 200
        for path in ("/tokens%2fvalidate", "/tokens/v%61lidate", "/tokens/validate/"):
            reply = served.ask(served.bearer, path=path)
            assert reply.status == 404
            assert reply.problem()["code"] != "Auth.NoIdentity"


def test_a_request_id_is_kept_if_it_may_be(served: Served) -> None:
    known = {"mine-1", "a.b_c", "x" * 128}
    for _ in range(2):
        for sent in known:
            assert (
                served.ask(served.bearer, f"X-Request-Id: {sent}").headers["x-request-id"] == sent
            )
        odd = ["", "x" * 129, "a b", "ä", str(served.secret), f"id-{TokenSecret.mint()}"]
        for sent in odd:
            for more in ([], [served.bearer]):
                told = served.ask(f"X-Request-Id: {sent}", *more).headers["x-request-id"]
                assert told not in {sent, *known}
                assert len(told) == 36
                known.add(told)


BODIES = {
    "of a length": (b"Content-Length: 100000\r\n", b"x" * 100_000),
    "in chunks": (b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n" * 5_000 + b"0\r\n\r\n"),
}


@pytest.mark.parametrize(("field", "body"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("is_good", [True, False])
def test_a_body_is_not_waited_for_and_the_connection_goes_on(
    served: Served, field: bytes, body: bytes, is_good: bool
) -> None:
    credential = served.bearer if is_good else "X-Nothing: 1"
    head = b"POST" + get(PATH, credential)[3:-2] + field + b"\r\n"
    with Line(served.port) as line:
        for _ in range(3):
            line.say(head)
            assert line.hear().status == (200 if is_good else 401)  # before the body was sent
            line.say(body)
        line.say(get(PATH, served.bearer))
        assert line.hear().status == 200


def test_who_asks_whether_to_send_a_body_gets_the_answer(served: Served) -> None:
    head = b"PUT" + get(PATH, served.bearer, "Expect: 100-continue", "Content-Length: 5")[3:]
    with Line(served.port) as line:
        for _ in range(2):
            line.say(head)
            assert line.hear().status == 200
            line.say(b"hello")
        line.say(get(PATH))
        assert line.hear().status == 401


@pytest.mark.parametrize("offer", ["websocket", "h2c", "TLS/1.0"])
def test_an_offer_to_change_the_protocol_is_not_taken(served: Served, offer: str) -> None:
    more = ["Connection: Upgrade, HTTP2-Settings", f"Upgrade: {offer}", "HTTP2-Settings: AAMAAABk"]
    assert served.ask(served.bearer).status == 200
    with Line(served.port) as line:
        for headers, status in (([served.bearer], 200), ([served.bearer], 200), ([], 401)):
            line.say(get(PATH, *headers, *more))
            reply = line.hear()
            assert reply.status == status
            assert "upgrade" not in reply.headers


def test_a_long_query_is_read_whole(served: Served) -> None:
    filler = "x=" + "y" * 60 * 1024
    for _ in range(2):
        assert served.ask(served.bearer, path=f"{PATH}?{filler}").status == 200
        lacking = served.ask(served.bearer, path=f"{PATH}?{filler}&scope=delete:users")
        assert lacking.status == 403
        assert served.ask(served.bearer, path=f"{PATH}?{filler}&scope=read:users").status == 200


def test_addresses_that_proxies_told_in_lines_of_their_own_are_all_noted(served: Served) -> None:
    told = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.7"]
    for _ in range(2):
        assert served.ask(served.bearer, *told).status == 200
    assert [asked[1] for _, _, _, asked in served.noted] == [b"203.0.113.9,198.51.100.7"] * 2


def test_a_token_that_is_revoked_is_refused_on_a_connection_that_is_open(served: Served) -> None:
    with Line(served.port) as line:
        for _ in range(3):
            line.say(get(PATH, served.bearer))
            assert line.hear().status == 200
        served.database.revoke(served.secret)
        time.sleep(LEASE_SECONDS + MARGIN_SECONDS)  # as the answer to the revoke does
        line.say(get(PATH, served.bearer))
        assert line.hear().status == 401
