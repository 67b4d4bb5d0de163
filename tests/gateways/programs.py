"""The gateways: where each program is found, and how it runs on a file of ``docs/gateways``."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server.wire import ask, get
from tests.servers import ROOT, free_port

FILES = ROOT / "docs" / "gateways"
START_SECONDS = 30.0
LIMIT_SECONDS = 2.0
"""How long each of the files lets a gateway wait for a verdict."""
_PORT = re.compile(r"\b(8080|8081|8000|9000)\b")


@dataclass(frozen=True)
class Program:
    """One gateway: its program, its files (the first is what it is given), its command line."""

    name: str
    files: tuple[str, ...]
    command: Callable[[str, Path], list[str]]
    needs: tuple[str, ...] = ()
    """Further files that have to be there."""

    def found(self) -> str:
        """Return the path of the program: the wheel's beside our Python, else the system's.

        Without it the test is skipped, or fails where ``WARDKEY_TEST_GATEWAYS`` is ``required``.
        """
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"])
        program = shutil.which(self.name, path=path)
        missing = [file for file in self.needs if not Path(file).exists()]
        if program and not missing:
            return program
        reason = f"No gateway: {', '.join(missing) or self.name} is not installed."
        if os.environ.get("WARDKEY_TEST_GATEWAYS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)


PROGRAMS = {
    program.name: program
    for program in (
        Program(
            "nginx",
            ("nginx.conf",),
            lambda path, file: [
                *(path, "-p", str(file.parent), "-c", str(file), "-e", "stderr"),
                *("-g", "daemon off;"),
            ],
            needs=("/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so",),
        ),
        Program(
            "traefik",
            ("traefik.yml", "traefik-dynamic.yml"),
            lambda path, file: [path, f"--configFile={file}"],
        ),
        Program(
            "caddy",
            ("Caddyfile",),
            lambda path, file: [path, "run", "--adapter", "caddyfile", "--config", str(file)],
        ),
        Program(
            "envoy",
            ("envoy.yaml",),
            lambda path, file: [
                *(path, "-c", str(file), "--use-dynamic-base-id"),
                *("--concurrency", "2", "--log-level", "warn"),
            ],
        ),
        Program(
            "haproxy",
            ("haproxy.cfg", "wardkey.lua"),
            lambda path, file: [path, "-db", "-f", str(file)],
        ),
    )
}


@contextlib.contextmanager
def started(
    program: Program,
    folder: Path,
    wardkey: int,
    service: int,
    changed: tuple[str, str],
) -> Iterator[int]:
    """Run a gateway between clients and the service; gives the port that clients come in at.

    ``changed``: a text of its files, and what stands there instead.
    """
    path, port = program.found(), free_port()
    ports = {"8080": port, "8081": free_port(), "8000": wardkey, "9000": service}
    for name in program.files:
        text = (FILES / name).read_text(encoding="utf-8")
        text = text.replace(*changed)
        text = _PORT.sub(lambda found: str(ports[found[0]]), text)
        (folder / name).write_text(text, encoding="utf-8")
    log = folder / "gateway.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            program.command(path, folder / program.files[0]),
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    """Return whether an open path is answered."""
    try:
        return ask(port, get("/public/ready")).status == 200
    except (OSError, IndexError):
        return False
