"""Without a clear answer of Wardkey nobody gets in, and nothing of it is written down."""

import time

import pytest

from tests.examples.services import Service
from tests.examples.test_verdicts import FORGED, UNKNOWN, assert_problem

pytestmark = pytest.mark.node

IDENTITY = (
    "X-Wardkey-Organization: 1\r\nX-Wardkey-Service-Account: deploy\r\n"
    "X-Wardkey-Service-Account-Id: 2\r\nX-Wardkey-Token: 3\r\nX-Wardkey-Scopes: read:releases\r\n"
)


def reply(status: int, headers: str = IDENTITY) -> bytes:
    """Return an answer without a body."""
    return f"HTTP/1.1 {status} Told\r\n{headers}Content-Length: 0\r\n\r\n".encode()


def test_wardkey_down_is_503_until_it_is_back(service: Service, reader: str) -> None:
    with service.relay.away():
        assert_problem(service.ask("/releases", reader, **FORGED), 503)
    assert service.ask("/releases", reader).status_code == 200


def test_wardkey_hanging_is_503_after_two_seconds(service: Service, reader: str) -> None:
    with service.relay.saying(b""):
        begun = time.monotonic()
        assert_problem(service.ask("/releases", reader, **FORGED), 503)
        assert 1.9 < time.monotonic() - begun < 8
    assert service.ask("/releases", reader).status_code == 200


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 429, 500, 503])
def test_any_other_answer_is_503(service: Service, reader: str, status: int) -> None:
    elsewhere = f"{IDENTITY}Location: http://127.0.0.1:{service.port}/healthz\r\n"
    with service.relay.saying(reply(status, elsewhere)):
        before = service.asked()
        assert_problem(service.ask("/releases", reader), 503)
        assert service.asked() == before + 1


@pytest.mark.parametrize("lacking", IDENTITY.splitlines(), ids=lambda line: line.split(":")[0])
def test_a_200_that_does_not_say_whose_it_is_is_503(
    service: Service, reader: str, lacking: str
) -> None:
    with service.relay.saying(reply(200, IDENTITY.replace(f"{lacking}\r\n", ""))):
        assert_problem(service.ask("/releases", reader, **FORGED), 503)


def test_a_whole_200_of_the_same_kind_is_let_through(service: Service, reader: str) -> None:
    with service.relay.saying(reply(200)):
        assert service.ask("/releases", reader).status_code == 200


def test_what_is_not_http_is_503(service: Service, reader: str) -> None:
    with service.relay.saying(b"SSH-2.0-none\r\n\r\n"):
        assert_problem(service.ask("/releases", reader), 503)


def test_no_credential_is_logged(service: Service, reader: str) -> None:
    for secret in (reader, UNKNOWN):
        service.ask("/me", secret)
        with service.relay.away():
            service.ask("/me", secret)
        with service.relay.saying(b"SSH-2.0-none\r\n\r\n"):
            service.ask("/me", secret)
    log = service.log.read_text()
    assert ("/me" in log) is (service.name != "express")  # which writes nothing of its own
    assert reader[-12:] not in log
    assert UNKNOWN not in log
