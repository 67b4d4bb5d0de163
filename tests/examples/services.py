"""The examples as processes, started by the commands that `examples/README.md` shows."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.examples.relay import Relay
from tests.servers import LOCAL, READY_SECONDS, ROOT, free_port

EXAMPLES = ROOT / "examples"
NAMES = ("django", "fastapi", "express")
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONN\w+|E\w*TIMEDOUT|ENETUNREACH|EHOSTUNREACH")


class Service:
    """An example that runs, and the relay through which it asks Wardkey."""

    def __init__(self, name: str, relay: Relay, folder: Path) -> None:
        self.name = name
        self.relay = relay
        self.log = folder / "service.log"
        self.port = free_port()
        command, cwd = _command(name, self.port, folder)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(folder),
                    "PORT": str(self.port),
                    "WARDKEY_URL": f"http://{LOCAL}:{relay.port}",
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def ask(self, path: str, *credentials: str, method: str = "GET", **more: str) -> httpx.Response:
        """Ask with each of ``credentials`` as a Bearer, and with ``more`` headers."""
        sent = [("Authorization", f"Bearer {one}") for one in credentials]
        sent += [(name.replace("_", "-"), value) for name, value in more.items()]
        headers = [(name.encode(), value.encode("latin-1")) for name, value in sent]
        url = f"http://{LOCAL}:{self.port}{path}"
        return httpx.request(method, url, headers=headers, timeout=15)

    def asked(self) -> int:
        """Return how many requests have gone to Wardkey."""
        return len(self.relay.heads)

    def _is_ready(self) -> bool:
        try:
            return self.ask("/healthz").status_code == 200
        except httpx.TransportError:
            return False


@contextlib.contextmanager
def serving(name: str, upstream: int, folder: Path) -> Iterator[Service]:
    """Start an example before the Wardkey at the port ``upstream``, and end it afterwards."""
    relay = Relay(upstream)
    try:
        service = Service(name, relay, folder)
        try:
            yield service
        finally:
            service.process.kill()
            service.process.wait()
    finally:
        relay.close()


def _shown(name: str) -> tuple[list[str], list[str]]:
    """Return the two commands of `examples/README.md`: what installs an example, what runs it."""
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    block = re.search(
        rf"^### {name}\n\n```sh\n(.*?)^```", page, re.IGNORECASE | re.MULTILINE | re.DOTALL
    )
    assert block
    install, serve = (shlex.split(line) for line in block[1].splitlines())
    return install, [word for word in serve if not re.match(r"[A-Z_]+=", word)]


def _command(name: str, port: int, folder: Path) -> tuple[list[str], Path]:
    """Return the command that serves an example, and the folder to run it in."""
    install, serve = _shown(name)
    if serve[0] == "node":
        _install_express(install, folder)
        return serve, folder
    return [sys.executable, *(re.sub(r"^900\d$", str(port), word) for word in serve[1:])], ROOT


def _install_express(command: list[str], folder: Path) -> None:
    """Copy the Express example into ``folder`` and fetch Express beside it.

    Without Node.js the test is skipped, or fails where ``WARDKEY_TEST_NODEJS`` is ``required``;
    it is skipped as well where npm's registry cannot be reached.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        reason = "No Node.js: node and npm are not both installed."
        if os.environ.get("WARDKEY_TEST_NODEJS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    ignored = shutil.ignore_patterns("node_modules", "package-lock.json")
    shutil.copytree(EXAMPLES / "express", folder / "examples" / "express", ignore=ignored)
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer in time.")
    if done.returncode != 0 and (found := UNREACHABLE.search(done.stderr)):
        pytest.skip(f"npm's registry cannot be reached: {found[0]}")
    assert done.returncode == 0, done.stderr
