"""``manage.py serve`` as a process: its port, its signals, its workers, its traces."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from config.operations.alone import alone
from config.server.master import port_fault
from tests.server.conftest import ROOT, Node, environment, wait_until
from tests.server.wire import Line, Reply, ask, get

pytestmark = pytest.mark.node


def serve_once(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "serve", *options]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Asking(threading.Thread):
    """A request in the background, and its answer."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__()
        self.port, self.path = port, path
        self.reply: Reply | None = None
        self.start()

    def run(self) -> None:
        """Ask, in the thread."""
        self.reply = ask(self.port, get(self.path))

    def status(self) -> int | None:
        """Wait for the answer."""
        self.join()
        return self.reply.status if self.reply else None


def test_it_serves_without_saying_with_what(shared_node: Node) -> None:
    reply = ask(shared_node.port, get("/healthz"))
    assert reply.status == 200
    assert "server" not in reply.headers
    wait_until(lambda: len(shared_node.workers()) == 2)


def test_two_credentials_are_refused(shared_node: Node) -> None:
    twice = ["Authorization: Bearer a", "Authorization: Bearer b"]
    for path in ("/whoami", "/api/whoami"):
        reply = ask(shared_node.port, get(path, *twice))
        assert (reply.status, reply.problem()["code"]) == (401, "Auth.NoIdentity")


def test_a_body_that_is_too_large_is_413_and_the_next_request_is_served(
    shared_node: Node,
) -> None:
    body = b'{"email": "' + b"x" * 3_000_000 + b'"}'
    head = (
        "POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    reply = ask(shared_node.port, head.encode() + body)
    assert (reply.status, reply.problem()["code"]) == (413, "Request.TooLarge")
    assert ask(shared_node.port, get("/healthz")).status == 200


def test_a_chunked_body_is_read(shared_node: Node) -> None:
    head = (
        "POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    reply = ask(shared_node.port, head.encode() + b"2\r\n{}\r\n0\r\n\r\n")
    assert (reply.status, reply.problem()["code"]) == (422, "Request.Invalid")


def test_garbage_is_answered_with_a_problem(shared_node: Node) -> None:
    assert ask(shared_node.port, b"garbage\r\n\r\n").problem()["code"] == "Request.Malformed"


def test_headers_with_an_underscore_never_reach_django(shared_node: Node) -> None:
    reply = ask(shared_node.port, get("/toy/echo", "X_Wardkey_Token: 1", "X-Other: 1"))
    assert b"X-Other" in reply.body
    assert b"Wardkey" not in reply.body


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_runs(own_node: Node, number: int) -> None:
    asking = Asking(own_node.port, "/toy/slow?seconds=1.5")
    time.sleep(0.5)
    assert own_node.stop(number) == 0
    assert asking.status() == 200
    assert not own_node.answers()


def waits_for_a_lock(pid: int) -> bool:
    locks = Path("/proc/locks").read_text().splitlines()
    return any("->" in lock and f" {pid} " in lock for lock in locks)


def test_of_servers_that_start_at_once_over_one_folder_one_writes_at_a_time(
    migrated: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(migrated, folder)
    with alone(folder / "static.collecting"):
        node = Node(folder)
        wait_until(lambda: waits_for_a_lock(node.process.pid))
    try:
        wait_until(node.answers)
    finally:
        assert node.stop(signal.SIGTERM) == 0


def test_ctrl_c_in_a_terminal_finishes_what_runs(own_node: Node) -> None:
    asking = Asking(own_node.port, "/toy/slow?seconds=1.5")
    time.sleep(0.5)
    for pid in own_node.workers():  # a terminal tells the whole group
        os.kill(pid, signal.SIGINT)
    assert own_node.stop(signal.SIGINT) == 0
    assert asking.status() == 200


def test_a_killed_worker_is_replaced(own_node: Node) -> None:
    wait_until(lambda: len(own_node.workers()) == 2)
    before = own_node.workers()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(own_node.workers()) == 2 and before[0] not in own_node.workers())
    wait_until(own_node.answers)
    assert before[1] in own_node.workers()
    assert own_node.stop() == 0


def test_the_workers_end_with_their_master(own_node: Node) -> None:
    workers = own_node.workers()
    own_node.process.kill()
    own_node.process.wait()
    wait_until(lambda: not any(lives(pid) for pid in workers))


def test_it_writes_into_its_data_folder_only(own_node: Node) -> None:
    with Line(own_node.port) as line:
        line.say(get("/healthz"))
        assert line.hear().status == 200
    assert own_node.stop() == 0
    assert sorted(path.name for path in own_node.folder.parent.iterdir()) == [
        own_node.folder.name,
        own_node.log.name,
    ]


def test_it_says_once_where_it_listens_in_the_one_log_format(own_node: Node) -> None:
    assert own_node.stop() == 0
    lines = [json.loads(line) for line in own_node.log.read_text().splitlines()]
    said = [line for line in lines if f"http://127.0.0.1:{own_node.port}" in str(line)]
    assert len(said) == 1


def test_a_busy_port_is_one_clear_line(shared_node: Node, migrated: Path) -> None:
    done = serve_once(migrated, "--port", str(shared_node.port))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"Port {shared_node.port} of 127.0.0.1 is in use" in line


def test_a_host_that_is_not_ours_is_one_clear_line() -> None:
    fault = port_fault("192.0.2.1", 8999)
    assert fault is not None
    assert fault.startswith("Cannot listen on port 8999 of 192.0.2.1")


def test_an_installation_that_is_not_ready_is_not_served(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    done = serve_once(folder, "--port", "8998")
    assert done.returncode == 1
    assert "migrat" in done.stderr
