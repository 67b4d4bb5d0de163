"""Notes are made and written by many at once: none is lost, nobody waits in a circle."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from tests.usage.conftest import NOON, Noting
from tokens.models import TokenUse
from tokens.verify import usage_tables
from tokens.verify.usage import write_notes
from tokens.verify.usage_tables import stored, write_rows
from tokens.verify.verdict import Reason

WRITERS, ROUNDS, TOKENS = 2, 12, 40


@pytest.fixture
def hasty() -> Iterator[None]:
    """Turn from thread to thread as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_no_use_is_lost_that_is_noted_while_others_are_written(note: Noting, hasty: None) -> None:
    tokens = [UUID(int=number) for number in range(1, 4)]
    asked = ("203.0.113.9", b"", b"curl/8", b"")
    begun, done = threading.Barrier(3), 20_000

    def use() -> None:
        begun.wait()
        for number in range(done):
            note(tokens[number % 3], Reason.GOOD, NOON, asked)

    users = [threading.Thread(target=use) for _ in range(2)]
    for user in users:
        user.start()
    begun.wait()
    while any(user.is_alive() for user in users):
        write_notes()
    write_notes()
    counts = TokenUse.objects.filter(kind="agent").values_list("count", flat=True)
    assert sum(counts) == 2 * done


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_writers_at_once_wait_for_each_other_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_tables, "MOST_KEPT", 3)
    at = stored(NOON)
    begun = threading.Barrier(WRITERS)

    def write(writer: int) -> Any:
        begun.wait()
        order = range(TOKENS) if writer else range(TOKENS - 1, -1, -1)
        try:
            for number in range(ROUNDS):
                agents = [f"agent {(number + step) % 5}" for step in range(3)]
                write_rows(
                    [(f"{token:032x}", at, None) for token in order],
                    [
                        (f"{token:032x}", "agent", name, at, at, 1)
                        for token in order
                        for name in agents
                    ],
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))
    last = [f"{token:032x}" for token in range(TOKENS)]
    write_rows([(one, at, None) for one in last], [(one, "agent", "z", at, at, 1) for one in last])
    assert TokenUse.objects.count() == 3 * TOKENS
