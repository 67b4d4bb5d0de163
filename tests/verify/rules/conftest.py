"""A process and its database, both in memory."""

import pytest

from tests.verify.rules.world import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A process that verifies, and its database."""
    return World(monkeypatch)
