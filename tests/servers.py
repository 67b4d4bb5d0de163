"""Installations as an operator has them: a database of their own and servers as processes.

On SQLite each has a data folder of its own, on PostgreSQL a database of its own beside the
one of ``WARDKEY_TEST_DATABASE_URL``; the same test body serves both.
"""

import contextlib
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

from tests.settings import TEST_KEYS

ROOT = Path(__file__).resolve().parents[1]
LOCAL = "127.0.0.1"
READY_SECONDS, STOP_SECONDS = 120.0, 40.0


class Installation:
    """A database, what stands in the environment of its commands, and its server if it runs."""

    def __init__(self, folder: Path, database_url: str | None, port: int) -> None:
        self.folder = folder
        self.database_url = database_url
        self.port = port
        self.url = f"http://{LOCAL}:{port}"
        self.log = folder / "serve.log"
        self.settings: dict[str, str] = {}
        self.program: tuple[str, ...] = ("manage.py", "serve")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a command of this installation runs with, and nothing else."""
        found = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "WARDKEY_DATA_DIR": str(self.folder / "data"),
            "WARDKEY_SECRET_KEYS": TEST_KEYS,
            "WARDKEY_PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        if self.database_url:
            found |= {"DATABASE_URL": self.database_url, "WARDKEY_PUBLIC_URL": self.url}
        return found | self.settings

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run ``python *command`` and return what became of it, whatever that is."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def do(self, *command: str) -> str:
        """Run ``python *command``, which must succeed, and return what it printed."""
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *options: str) -> None:
        """Serve, and wait until ``/readyz`` says so."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, "--port", str(self.port), *options],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + READY_SECONDS
        while not self.is_ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def workers(self) -> list[int]:
        """Return the process ids of the server's workers."""
        assert self.process is not None
        main = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    def is_ready(self) -> bool:
        """Return whether ``/readyz`` answers 200."""
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """End the server as an operator does, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=STOP_SECONDS)
        finally:
            self.clear_away()

    def clear_away(self) -> None:
        """End the server whatever its state."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what the database itself says to ``query``."""
        if self.database_url:
            with psycopg.connect(self.database_url) as asked:
                return asked.execute(query.encode()).fetchall()
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "wardkey.sqlite3")) as file:
            return file.execute(query).fetchall()

    def count(self, query: str) -> int:
        """Return the one number that ``query`` asks for."""
        return int(self.rows(query)[0][0])


@contextlib.contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Make an installation whose database is empty, and clear it away afterwards."""
    beside = os.environ.get("WARDKEY_TEST_DATABASE_URL", "")
    with contextlib.ExitStack() as clearing:
        url = clearing.enter_context(database_beside(beside)) if beside else None
        found = Installation(folder, url, free_port())
        clearing.callback(found.clear_away)
        yield found


@contextlib.contextmanager
def database_beside(url: str) -> Iterator[str]:
    """Make a PostgreSQL database on the server of ``url``, and drop it afterwards."""
    name = f"wardkey_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as operator:
        operator.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            operator.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server((LOCAL, 0)) as free:
        port: int = free.getsockname()[1]
        return port
