"""Commands that are run in this process, and folders that quickstart has set up."""

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import ManagementUtility

from config.operations.metrics import SHARED
from tests.operations.command_line import Command, Ended
from tests.operations.metrics import TOKEN
from tests.operations.quickstarts import run


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``manage.py`` with arguments, as a shell does, in this process."""

    def manage(*words: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = 0
        try:
            ManagementUtility(["manage.py", *words]).execute()
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        return Ended(code=code, out=told.out, err=told.err)

    # Closing the test's connection would end SQLite's database in memory.
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    return manage


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder that ``--no-serve`` has set up, to be copied, and what it printed."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    done = run(folder, "--no-serve", "--json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


@pytest.fixture
def folder(prepared: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A prepared folder of the test's own."""
    return Path(shutil.copytree(prepared[0], tmp_path / "data"))


@pytest.fixture
def told(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation of one process that tells its counts."""
    monkeypatch.delenv(SHARED, raising=False)
    settings.WARDKEY_METRICS_TOKEN = TOKEN
