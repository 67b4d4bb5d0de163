"""The forward keys are read before they are needed, and what keeps them from it is told once."""

import asyncio
import logging
from typing import Any

import pytest
from django.db import Error, InterfaceError, OperationalError
from django.test import Client

from accounts.request_errors import Unavailable
from accounts.seals import seal
from config.operations.keys import forward_key_faults
from config.server.front import Front
from config.server.rounds import Rounds, start_rounds
from tests.clients import Answer, RestClient
from tests.forward.conftest import ADDRESS
from tokens.gate.forward import keep_keys
from tokens.models import ForwardKey
from tokens.services.forward_keys import UnreadableKeys, ready_keys
from tokens.services.held_keys import HELD, HeldKeys
from tokens.signing_keys import SigningKey, SigningKeys
from tokens.verify.clock import boot_seconds

pytestmark = pytest.mark.usefixtures("signing")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """How many seconds have passed for who holds keys."""
    began, passed = boot_seconds(), {"passed": 0.0}
    monkeypatch.setattr("tokens.services.held_keys.boot_seconds", lambda: began + passed["passed"])
    return passed


def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Start a worker's front without its threads; return what it says to the server."""
    said: list[str] = []
    messages = iter(["lifespan.startup", "lifespan.shutdown"])
    monkeypatch.setattr(Rounds, "start", lambda *_: None)

    async def receive() -> dict[str, Any]:
        return {"type": next(messages)}

    async def send(message: dict[str, Any]) -> None:
        said.append(message["type"])
        if message["type"] == "lifespan.startup.complete" and HELD._held:  # noqa: SLF001
            said.append("with keys")

    async def app(*_: Any) -> None:
        raise AssertionError

    asyncio.run(Front(app, start=start_rounds)({"type": "lifespan"}, receive, send))
    return said


def test_a_worker_reads_the_keys_before_it_says_that_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = SigningKey.make()
    monkeypatch.setattr(HELD, "_read", lambda: SigningKeys(key, key, key))
    complete = ["lifespan.startup.complete", "with keys", "lifespan.shutdown.complete"]
    assert started(monkeypatch) == complete


@pytest.mark.parametrize("fault", [OperationalError("away"), RuntimeError("what else")])
def test_a_worker_that_cannot_read_them_is_there_all_the_same(
    fault: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(HELD, "_read", failing(fault))
    assert started(monkeypatch) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert str(fault) in caplog.text


def failing(fault: Exception) -> Any:
    """Return what reads no keys."""

    def read() -> SigningKeys:
        raise fault

    return read


def test_they_age_while_the_machine_is_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    held = HeldKeys(ready_keys)
    held.refresh()
    slept = boot_seconds() + 1801
    monkeypatch.setattr("tokens.verify.clock.time.clock_gettime", lambda _: slept)
    with pytest.raises(Unavailable):
        held.now()


@pytest.mark.parametrize(
    "fault", [OperationalError("away"), InterfaceError("closed"), UnreadableKeys("shut")]
)
def test_what_keeps_them_from_being_read_is_told_once_and_once_when_it_is_over(
    fault: Exception,
    clock: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    HELD.refresh()
    read = HELD._read  # noqa: SLF001
    caplog.set_level(logging.INFO)
    for reader in (failing(fault), read, failing(fault)):
        monkeypatch.setattr(HELD, "_read", reader)
        for _ in range(3):
            clock["passed"] += 10
            keep_keys()
            assert Client().get(ADDRESS).status_code == 200
    told = [record for record in caplog.records if record.name == "wardkey.forward"]
    lost = f"the forward keys cannot be read: {fault}"
    assert [record.getMessage() for record in told] == [
        lost,
        "the forward keys can be read again",
        lost,
    ]
    assert not [record for record in caplog.records if record.exc_info]


def test_another_reason_is_told_too(
    clock: dict[str, float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for fault in (OperationalError("away"), UnreadableKeys("shut")):
        monkeypatch.setattr(HELD, "_read", failing(fault))
        keep_keys()
    assert "away" in caplog.text
    assert "shut" in caplog.text


def test_what_was_sealed_and_is_no_key_is_named_at_the_address_and_at_start() -> None:
    ready_keys()
    row = ForwardKey.objects.get(place="current")
    ForwardKey.objects.filter(pk=row.pk).update(sealed=seal("forward keys", b"no key"))
    assert Client().get(ADDRESS).status_code == 503
    [fault] = forward_key_faults()
    assert fault.startswith(f"The forward keys cannot be read: forward key {row.kid} is no key")
    assert fault.endswith("rotate_forward_key --replace-all")


def ready() -> Answer:
    return RestClient("").get("/readyz")


@pytest.mark.parametrize("fault", [Error("away"), UnreadableKeys("shut")])
def test_who_has_no_key_to_sign_with_is_not_ready(
    fault: Exception, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    assert ready().status_code == 200
    HELD.forget()
    monkeypatch.setattr(HELD, "_read", failing(fault))
    answer = ready()
    assert answer.status_code == 503
    [told] = answer.json()["faults"]
    assert told.startswith("the keys of signed identities cannot be read")
    settings.WARDKEY_FORWARD_JWT = False
    assert ready().status_code == 200
