"""``manage.py quickstart`` where something is wrong: told in a line, and nothing is left."""

import contextlib
import json
import os
import signal
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from accounts.management.refusals import Refused
from config.quickstart.walk import Step, Walk
from tests.operations.quickstarts import SECONDS, Running, free_port, is_free, rows, run, running

pytestmark = pytest.mark.node


def test_a_signal_while_it_starts_leaves_nothing_behind(folder: Path) -> None:
    quickstart = Running(folder)
    quickstart.wait_for("Starting the server", quickstart.out)
    quickstart.stop()
    assert is_free(quickstart.port)
    assert "Traceback" not in quickstart.err.read_text()


def test_a_server_that_dies_is_told_with_its_last_lines(folder: Path) -> None:
    with running(folder) as quickstart:
        os.kill(quickstart.server(), signal.SIGKILL)
        assert quickstart.process.wait(SECONDS) == 1
        told = quickstart.err.read_text()
        assert "ended by itself (exit code 137)" in told
        assert '"logger": "wardkey.access"' in told


def test_a_fault_in_the_main_job_names_the_step_and_stops_the_server(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "wardkey.sqlite3")) as database:
        database.execute("UPDATE accounts_user SET is_active = 0")
        database.commit()
    port = free_port()
    done = run(folder, "--port", str(port), "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert 'failed at the step "create a service account"' in done.stderr
    assert "answered 401 instead of 201" in done.stderr
    assert is_free(port)


def test_a_run_that_failed_has_used_up_no_password(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    quickstart = Running(folder)
    quickstart.wait_for("Starting the server", quickstart.out)
    server = quickstart.server()
    for pid in (quickstart.process.pid, server):
        os.kill(pid, signal.SIGKILL)
    quickstart.process.wait(SECONDS)
    done = run(folder, "--no-serve", "--json")
    assert "password" in json.loads(done.stdout)


class _Faulty(BaseHTTPRequestHandler):
    """Creates an account, and hangs up on everything after."""

    def do_POST(self) -> None:
        """Answer once."""
        if self.path == "/api/service-accounts":
            self.send_response(201)
            self.end_headers()
            self.wfile.write(b'{"slug": "x"}')
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_a_server_that_hangs_up_in_the_main_job_is_told_by_its_step() -> None:
    with HTTPServer(("127.0.0.1", 0), _Faulty) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        steps: list[Step] = []
        with pytest.raises(Refused, match='at the step "create a token": no answer'):
            Walk(server.server_port, "jwt", steps.append).run()
        server.shutdown()
        thread.join()
    assert [step.status for step in steps] == [201]


@pytest.mark.parametrize("url", ["sqlite:////{folder}/other.sqlite3", "postgres://h/name"])
def test_another_database_is_refused(tmp_path: Path, url: str) -> None:
    more = {
        "DATABASE_URL": url.format(folder=str(tmp_path).lstrip("/")),
        "WARDKEY_PUBLIC_URL": "https://keys.example.com",
        "WARDKEY_SECRET_KEYS": "k1:dGVzdHMtb25seS1rZXktb25lLTMyLWJ5dGVzLWxvbmch",
    }
    done = run(tmp_path / "data", "--no-serve", **more)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "embedded database alone" in line
    assert not (tmp_path / "other.sqlite3").exists()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_what_is_no_port_is_wrong_usage(tmp_path: Path, port: str) -> None:
    assert run(tmp_path / "data", f"--port={port}").returncode == 2


def test_a_lost_key_is_told_and_nothing_is_changed(folder: Path) -> None:
    before = rows(folder)
    (folder / "secret_keys").unlink()
    done = run(folder, "--no-serve")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "secret_keys is gone" in line
    assert rows(folder) == before
    assert not (folder / "secret_keys").exists()
