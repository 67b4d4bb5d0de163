"""Notes of last use, none at the start, and ways to leave some."""

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import pytest

from tests.usage.notes import forget_notes
from tokens.verify import usage
from tokens.verify.asked import Asked
from tokens.verify.usage import note_use
from tokens.verify.verdict import Reason

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


class Noting(Protocol):
    """A use, or a try, noted at a moment."""

    def __call__(
        self, token_id: UUID, reason: Reason, at: datetime, asked: Asked | None = None
    ) -> None:
        """Note it."""


@pytest.fixture(autouse=True)
def nothing_noted(request: pytest.FixtureRequest) -> None:
    """Clear away what the tests before have left in this process."""
    if "node" not in request.keywords:
        request.getfixturevalue("db")
        forget_notes()


@pytest.fixture
def note(nothing_noted: None, monkeypatch: pytest.MonkeyPatch) -> Noting:
    """Note uses at moments of one's own; the round comes at noon, by every clock."""
    monkeypatch.setattr(usage, "boot_seconds", lambda: 0.0)
    monkeypatch.setattr(usage, "database_now", lambda: NOON)

    def noted(token_id: UUID, reason: Reason, at: datetime, asked: Asked | None = None) -> None:
        note_use(token_id.int, reason, (at - NOON).total_seconds(), asked)

    return noted
