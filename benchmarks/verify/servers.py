"""The servers that are compared, each with two workers on this machine, and ways to reach them."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.verify.load import Connection, WrongAnswer
from benchmarks.verify.processes import cpu_seconds, worker_with, workers_of
from tests.servers import LOCAL, READY_SECONDS, ROOT, STOP_SECONDS, Installation, free_port

WORKERS = 2
THREADS = 4
"""Of each worker of gunicorn's that answers in threads."""
KEEP_ALIVE_SECONDS = 75
TRIES_OF_CONNECTION = 20

OURS = ("--worker-class", "config.server.worker.WardkeyWorker")
IN_THREADS = ("--worker-class", "gthread", "--threads", str(THREADS))
BY_UVICORN = ("--worker-class", "uvicorn_worker.UvicornWorker")


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs."""

    master: int
    workers: list[int]
    port: int

    def cpu_seconds(self) -> float:
        """Return the CPU time that all its processes have used."""
        return cpu_seconds(self.master, self.workers)

    def connect(
        self, many: int, status: int, requests: Iterator[bytes], tells: bytes = b""
    ) -> dict[int, list[Connection]]:
        """Open ``many`` connections, as evenly over the workers as they can be had.

        Each asks its first request here; its answer must hold ``tells``.

        Raises:
            WrongAnswer: it does not.
        """
        share = -(-many // len(self.workers))
        found: dict[int, list[Connection]] = {worker: [] for worker in self.workers}
        spare: list[tuple[int, Connection]] = []
        opened = 0
        for _ in range(TRIES_OF_CONNECTION * many):
            connection = Connection(self.port, status, requests)
            answer = connection.ask_once()
            if tells not in answer:
                raise WrongAnswer(f"{tells!r} is not in {answer!r}")
            try:
                worker = worker_with(self.workers, self.port, connection.local_port)
            except LookupError:  # a list of open files is no picture of one moment
                connection.close()
                continue
            if len(found[worker]) == share:
                spare.append((worker, connection))
                continue
            found[worker].append(connection)
            opened += 1
            if opened == many:
                break
        for worker, connection in spare:
            if opened < many:
                found[worker].append(connection)
                opened += 1
            else:
                connection.close()
        return found


@contextlib.contextmanager
def serving(at: Installation) -> Iterator[Served]:
    """Serve Wardkey itself, as an operator does."""
    at.start("--workers", str(WORKERS))
    assert at.process is not None
    try:
        yield Served(at.process.pid, workers_of(at.process.pid), at.port)
    finally:
        at.stop()


@contextlib.contextmanager
def gunicorn(
    application: str, environment: Mapping[str, str], log: Path, *options: str
) -> Iterator[Served]:
    """Serve ``application`` by gunicorn, with ``options`` for its workers."""
    port = free_port()
    command = ["--bind", f"{LOCAL}:{port}", "--workers", str(WORKERS), *options]
    command += ["--keep-alive", str(KEEP_ALIVE_SECONDS), "--log-level", "warning", application]
    with log.open("ab") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *command],
            cwd=ROOT,
            env=environment,
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(process, port, log)
        yield Served(process.pid, workers_of(process.pid), port)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Wait until something answers an unlikely request, in whatever way."""
    end = time.monotonic() + READY_SECONDS
    ask = b"GET /is-it-up HTTP/1.0\r\nHost: bench\r\n\r\n"
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            connection = Connection(port, 0, iter([ask]))
            try:
                connection.ask_once()
            except WrongAnswer:
                if len(workers_of(process.pid)) == WORKERS:
                    return
            finally:
                connection.close()
        time.sleep(0.05)
    raise RuntimeError(log.read_text())
