"""Quickstarts as processes, each on its own free port and on a folder of its own."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120
END = "Ctrl-C stops."


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return False
    return True


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder.parent)} | {
        "WARDKEY_DATA_DIR": str(folder),
        **more,
    }


def run(folder: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", "quickstart", *options],
        cwd=ROOT,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


class Running:
    """One ``quickstart`` that serves: its port, what it has said, its data folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.port = folder, free_port()
        self.out, self.err = folder.parent / "out", folder.parent / "err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "quickstart", "--port", str(self.port), *options],
                cwd=ROOT,
                env=environment(folder),
                stdout=out,
                stderr=err,
            )

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """All that stands on its standard output."""
        return self.out.read_text()

    def wait_for(self, text: str, file: Path) -> None:
        """Wait until it has written ``text`` into ``file``."""
        end = time.monotonic() + SECONDS
        while text not in file.read_text():
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < end, "it did not say so in time"
            time.sleep(0.05)

    def server(self) -> int:
        """Return the process id of the server."""
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(SECONDS)


@contextlib.contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """Start it and wait until it serves."""
    quickstart = Running(folder, *options)
    try:
        quickstart.wait_for(END, quickstart.err if "--json" in options else quickstart.out)
        yield quickstart
    finally:
        if quickstart.process.poll() is None:
            quickstart.stop()


def rows(folder: Path) -> list[tuple[Any, ...]]:
    """Return everything that was set up."""
    with contextlib.closing(sqlite3.connect(folder / "wardkey.sqlite3")) as database:
        return [
            row
            for table in ("organization", "user", "membership", "auditevent", "keyfingerprint")
            for row in database.execute(f"SELECT * FROM accounts_{table} ORDER BY 1")
        ]
