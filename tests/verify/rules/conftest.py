"""A process and its database, both in memory; and the real one."""

from pathlib import Path

import pytest

from tests.verify.rules.real import Real
from tests.verify.rules.world import World
from tokens.services.issue import IssuedToken


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A process that verifies, and its database."""
    return World(monkeypatch)


@pytest.fixture
def real(ci: IssuedToken, tmp_path: Path) -> Real:
    """The database, in which the token `ci` is committed."""
    return Real(tmp_path)
