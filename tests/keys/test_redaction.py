"""No secret reaches a log line, whatever way it comes."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.api.whoami import WhoamiViewSet
from accounts.redaction import REDACTED, holds_secret, redact, redact_all
from config.operations.logs import RedactingFormatter
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tokens.secret import TokenSecret
from tokens.services.issue import IssuedToken

REFRESH = f"wdr_{'0a' * 16}{'Ab-_' * 10}xyz"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJlLW9mLWl0"


@pytest.fixture(params=["token", "refresh", "jwt"])
def secret(request: pytest.FixtureRequest) -> str:
    """A text of each form that is a secret."""
    return {"token": str(TokenSecret.mint()), "refresh": REFRESH, "jwt": JWT}[request.param]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, through the formatter that is configured."""
    [formatter] = {
        handler.formatter
        for handler in logging.getLogger().handlers
        if isinstance(handler.formatter, RedactingFormatter)
    }
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    "around", ["{}", "Bearer {}", "x{}y", "a={};b", '"{}"', "{0} and {0}", "https://a.test/?t={}#x"]
)
def test_a_secret_is_taken_out_wherever_it_stands(around: str, secret: str) -> None:
    shown = redact(around.format(secret))
    assert secret not in shown
    assert REDACTED in shown


@pytest.mark.parametrize("kept", [24, 32, 37, 60])
def test_a_piece_from_which_the_rest_can_be_found_counts_as_a_secret(kept: int) -> None:
    assert redact(f"found {'wdk_' + 'a' * kept}, it said") == f"found {REDACTED}, it said"


def test_what_is_no_secret_stays() -> None:
    texts = [
        "wdk_short",
        "wdk_" + "a" * 23,
        "eyJ.eyJ.x",
        "wdr_x",
        "a name",
        "wdk_" + "a" * 23 + "-",
    ]
    assert [redact(text) for text in texts] == texts
    assert not any(holds_secret(text) for text in texts)


def test_a_former_prefix_is_still_a_secret(settings: Any) -> None:
    former = str(TokenSecret.mint())
    settings.WARDKEY_TOKEN_PREFIXES = ["acme", "wdk"]
    for text in (former, str(TokenSecret.mint())):
        assert holds_secret(f"x {text} y")
        assert redact(text) == REDACTED


def test_a_document_is_redacted_whole(secret: str) -> None:
    document = {"a": [secret, {secret: f"x{secret}"}], "b": 1, "c": None, "d": True}
    shown = {"a": [REDACTED, {REDACTED: f"x{REDACTED}"}], "b": 1, "c": None, "d": True}
    assert redact_all(document) == shown


def _read(text: str) -> None:
    raise ValueError(f"could not read {text}")


def _raise(secret: str) -> None:
    try:
        _read(secret)
    except ValueError:
        logging.getLogger("wardkey.tests").exception("failed")


WAYS: dict[str, Callable[[str], None]] = {
    "message": lambda secret: logging.getLogger("wardkey.tests").error(f"got {secret}"),  # noqa: G004
    "argument": lambda secret: logging.getLogger("wardkey.tests").error("got %s", secret),
    "split": lambda secret: logging.getLogger("x").error("got %s%s", secret[:9], secret[9:]),
    "extra": lambda secret: logging.getLogger("wardkey.tests").error("x", extra={"sent": secret}),
    "deep extra": lambda secret: logging.getLogger("a").error("x", extra={"sent": [{"a": secret}]}),
    "extra's name": lambda secret: logging.getLogger("a").error("x", extra={secret: "sent"}),
    "bytes": lambda secret: logging.getLogger("a").error("got %r", secret.encode()),
    "traceback": _raise,
    "logger": lambda secret: logging.getLogger(secret).error("x"),
    "second line": lambda secret: logging.getLogger("a").error("one\n%s", secret),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_way_into_a_line_lets_a_secret_through(
    way: Callable[[str], None], secret: str, written: io.StringIO
) -> None:
    way(secret)
    [line] = written.getvalue().splitlines()
    assert secret not in line
    assert REDACTED in line
    assert json.loads(line)["level"] == "ERROR"


def test_a_crash_tells_its_id_to_the_caller_and_its_cause_to_the_log_without_secrets(
    rest: RestClient, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    secret = str(ci.secret)

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"a bug that holds {secret} and {rest.credential}")

    monkeypatch.setattr(WhoamiViewSet, "retrieve", crash)
    headers = {"X-Request-Id": "crash.1"}
    answer = rest.acting_as(secret).get("/whoami", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "Server.Error")
    assert answer.json()["errorId"] == "crash.1"
    assert "bug" not in answer.content.decode()
    log = written.getvalue()
    assert secret not in log
    assert str(rest.credential) not in log
    lines = [json.loads(line) for line in log.splitlines()]
    [told] = [line for line in lines if "a bug that holds [redacted]" in line.get("exc_info", "")]
    assert told["requestId"] == "crash.1"
    assert any(line["logger"] == "wardkey.access" and line["status"] == 500 for line in lines)


def test_a_secret_in_an_address_is_not_logged(rest: RestClient, written: io.StringIO) -> None:
    secret = str(TokenSecret.mint())
    for address in (f"/{secret}", f"/service-accounts/{secret}", f"/whoami?token={secret}"):
        answer = rest.get(address)
        assert answer.status_code in {404, 422}
        assert secret not in answer.content.decode()
    log = written.getvalue()
    assert "wardkey.access" in log
    assert secret not in log


def test_signing_in_logs_neither_password_nor_tokens(
    rest: RestClient, anyone: RestClient, written: io.StringIO
) -> None:
    body = {"email": "owner@acme.test", "password": PASSWORD}
    got = anyone.post("/auth/token", body).json()
    anyone.post("/auth/token/refresh", {"refresh": got["refresh"]})
    log = written.getvalue()
    assert '"path": "/api/auth/token"' in log
    for secret in (PASSWORD, got["access"], got["refresh"]):
        assert secret not in log


def test_every_line_has_the_requests_id_and_nothing_without_a_value(
    rest: RestClient, written: io.StringIO
) -> None:
    rest.get("/whoami", headers={"X-Request-Id": "a-request.7"})
    rest.get("/nowhere\n%0a{forged}")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert lines[0]["requestId"] == "a-request.7"
    assert all(value is not None for line in lines for value in line.values())
    assert len(lines) == 2
