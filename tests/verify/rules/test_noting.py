"""Rule 16: last use is noted in memory, and written together to a table of its own.

More of it: ``tests/usage``.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.server.rounds import ROUNDS
from tests.epoch.entries import epoch
from tests.usage.notes import forget_notes
from tests.verify.through import ask_twice
from tokens.models import Token, TokenUsage, TokenUse
from tokens.services.issue import IssuedToken
from tokens.triggers import TOKEN_TRIGGERS
from tokens.verify.clock import boot_seconds
from tokens.verify.usage import note_use, write_notes
from tokens.verify.verdict import Reason


@pytest.fixture(autouse=True)
def nothing_noted(db: None) -> Iterator[None]:
    """Leave no notes to other tests, nor take any from them."""
    forget_notes()
    yield
    forget_notes()


def test_rule_16_a_verify_writes_nothing(ci: IssuedToken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    headers = {"Authorization": f"Bearer {ci.secret}"}
    with CaptureQueriesContext(connection) as sent:
        for _ in range(3):
            assert ask_twice("GET", "/tokens/validate", headers).status_code == 200
    words = {query["sql"].split()[0].upper() for query in sent.captured_queries}
    assert words <= {"SELECT", "WITH"}
    assert write_notes() == 1
    assert {use.count for use in TokenUse.objects.all()} == {6}  # from memory as from a read


def test_rule_16_five_thousand_are_written_by_one_statement() -> None:
    for _ in range(5_001):
        note_use(uuid4().int, Reason.GOOD, boot_seconds())
    with CaptureQueriesContext(connection) as sent:
        assert write_notes() == 5_001
    writing = [query["sql"] for query in sent.captured_queries if "INSERT" in query["sql"]]
    assert len(writing) == 2
    assert TokenUsage.objects.count() == 5_001


def test_rule_16_it_is_written_beside_the_token_and_no_trigger_fires(ci: IssuedToken) -> None:
    before, row = epoch(), Token.objects.values().get()
    note_use(ci.token.id.int, Reason.GOOD, boot_seconds())
    with CaptureQueriesContext(connection) as sent:
        assert write_notes() == 1
    assert not [q for q in sent.captured_queries if 'UPDATE "tokens_token"' in q["sql"]]
    assert (epoch(), Token.objects.values().get()) == (before, row)
    tables = {trigger.table for trigger in TOKEN_TRIGGERS}
    assert not tables & {"tokens_tokenusage", "tokens_tokenuse"}


def test_rule_16_it_is_written_once_a_minute_and_at_a_graceful_stop() -> None:
    [rounds] = [each for each in ROUNDS if each._work is write_notes]  # noqa: SLF001
    assert (rounds._seconds, rounds._last) == (60, True)  # noqa: SLF001
