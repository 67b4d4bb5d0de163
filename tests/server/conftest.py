"""Servers as processes, each on its own free port and on a folder of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.wire import LOCAL, ask, get

ROOT = Path(__file__).resolve().parents[2]


class Node:
    """One ``manage.py serve`` with its port, log and data folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.create_server((LOCAL, 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port), *options],
                cwd=ROOT,
                env=environment(folder),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def workers(self) -> list[int]:
        """Return the process ids of the workers that live."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def answers(self) -> bool:
        """Return whether /healthz answers 200."""
        try:
            return ask(self.port, get("/healthz")).status == 200
        except (OSError, IndexError):
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=40)

    def clear_away(self) -> None:
        """End it whatever its state, workers too."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def environment(folder: Path) -> dict[str, str]:
    """Return an environment that has nothing but what a newcomer's shell has."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "WARDKEY_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "tests.server.toy_settings",
    }


def wait_until(claim: object, seconds: float = 60) -> None:
    """Wait until ``claim`` holds, and fail if it does not in time."""
    assert callable(claim)
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that is ready to be served, to be copied."""
    folder = tmp_path_factory.mktemp("migrated") / "data"
    folder.mkdir()
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment(folder), check=True)
    return folder


@contextlib.contextmanager
def running(migrated: Path, folder: Path, *options: str) -> Iterator[Node]:
    """Start a server on a copy of ``migrated`` and wait until it answers."""
    shutil.copytree(migrated, folder)
    node = Node(folder, *options)
    try:
        wait_until(lambda: node.answers() or node.process.poll() is not None)
        assert node.process.poll() is None, node.log.read_text()
        yield node
    finally:
        node.clear_away()


@pytest.fixture(scope="session")
def shared_node(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A server that a test may talk to, but not signal."""
    with running(migrated, tmp_path_factory.mktemp("shared") / "data") as node:
        yield node


@pytest.fixture
def own_node(migrated: Path, tmp_path: Path) -> Iterator[Node]:
    """A server that a test may treat as it likes."""
    with running(migrated, tmp_path / "data") as node:
        yield node
