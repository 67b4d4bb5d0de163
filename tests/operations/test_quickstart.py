"""``manage.py quickstart`` as a newcomer runs it: a real process, real curl, real shells."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.operations.quickstarts import SECONDS, Running, is_free, rows, run, running

pytestmark = pytest.mark.node

SECRET = re.compile(r"wdk_[0-9A-Za-z]{38}")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A first run that serves, which tests may talk to."""
    with running(tmp_path_factory.mktemp("shared") / "data") as quickstart:
        yield quickstart


def jwt_lines(said: str) -> str:
    """Return the lines to paste, as they stand there."""
    start = said.index(": 0.")
    return said[start : said.index("Serving;")]


def test_it_does_the_main_job_and_shows_each_answer(shared: Running) -> None:
    steps = re.findall(r"^  (\d)  (\w+) +/api/\S+ +(\d{3})  \S", shared.said, re.MULTILINE)
    assert steps == [
        ("1", "POST", "201"),
        ("2", "POST", "201"),
        ("3", "GET", "200"),
        ("4", "GET", "200"),
        ("5", "GET", "200"),
        ("6", "DELETE", "204"),
        ("7", "GET", "401"),
    ]


def test_it_shows_no_secret_of_its_own_and_no_colour_codes(shared: Running) -> None:
    assert not SECRET.search(shared.said)
    assert "\x1b" not in shared.said
    assert shared.err.read_text() == ""


def test_the_password_that_it_shows_signs_in(shared: Running) -> None:
    by_name = shared.url.replace("127.0.0.1", "localhost")
    assert f"Console       {by_name}/console/" in shared.said
    found = re.search(r"Password +(\S+)  \(shown this once\)", shared.said)
    assert found
    body = {"email": "owner@example.com", "password": found[1]}
    assert httpx.post(f"{shared.url}/api/auth/token", json=body).status_code == 200


def test_the_server_links_to_itself_on_the_port_that_it_serves(shared: Running) -> None:
    problem = httpx.get(f"{shared.url}/api/whoami").json()
    assert problem["type"].startswith(f"{shared.url}/problems/")


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "sh"])
def test_the_printed_lines_do_the_main_job_each_time_they_are_pasted(
    shared: Running, shell: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    seen = set()
    for _ in range(2):
        done = subprocess.run(
            [shell],
            input=jwt_lines(shared.said),
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        assert done.stderr == ""
        account, token, whoami, *verified, tokens, revoked, refused = done.stdout.splitlines()
        created, made = json.loads(account), json.loads(token)
        assert SECRET.fullmatch(made["token"])
        assert json.loads(whoami)["principal"]["id"] == created["id"]
        assert verified[0] == "HTTP/1.1 200 OK"
        assert f"x-wardkey-token: {made['id']}" in [line.lower() for line in verified]
        [listed] = json.loads(tokens)["items"]
        assert (listed["id"], "token" in listed) == (made["id"], False)
        assert revoked == "204"
        assert json.loads(refused)["code"] == "Auth.NoIdentity"
        seen.add(created["slug"])
        time.sleep(1.1)  # a new second names a new account
    assert len(seen) == 2


def test_the_jwt_is_good_for_an_hour(shared: Running) -> None:
    found = re.search(r"^JWT=(\S+)$", shared.said, re.MULTILINE)
    assert found
    me = httpx.get(f"{shared.url}/api/whoami", headers={"Authorization": f"Bearer {found[1]}"})
    assert me.status_code == 200
    assert me.json()["organization"]["slug"] == "demo"
    end = time.mktime(time.strptime(me.json()["expiresAt"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert 3000 < end - time.mktime(time.gmtime()) <= 3600


def test_a_busy_port_is_one_clear_line_before_anything_is_done(
    shared: Running, tmp_path: Path
) -> None:
    done = run(tmp_path / "data", "--port", str(shared.port))
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert f"Port {shared.port} of 127.0.0.1 is in use" in line
    assert not (tmp_path / "data" / "wardkey.sqlite3").exists()


def test_without_serving_it_prints_one_object(prepared: tuple[Path, dict[str, Any]]) -> None:
    told = prepared[1]
    assert set(told) == {"url", "organization", "email", "password", "jwt"}
    assert told["organization"] == "demo"
    assert told["url"] == "http://127.0.0.1:8000"


def test_a_second_run_keeps_everything_and_prints_a_fresh_jwt(
    prepared: tuple[Path, dict[str, Any]], folder: Path
) -> None:
    before = rows(folder)
    done = run(folder, "--no-serve", "--json")
    told = json.loads(done.stdout)
    assert "password" not in told
    assert told["jwt"] != prepared[1]["jwt"]
    assert rows(folder) == before


def test_with_json_the_one_object_comes_when_it_serves(
    prepared: tuple[Path, dict[str, Any]], folder: Path
) -> None:
    with running(folder, "--json") as quickstart:
        [line] = quickstart.said.splitlines()
        told = json.loads(line)
        assert told["url"] == quickstart.url
        credential = {"Authorization": f"Bearer {told['jwt']}"}
        accounts = httpx.get(f"{told['url']}/api/service-accounts", headers=credential)
        assert accounts.json()["items"] == []
        assert quickstart.stop() == 0
    assert quickstart.said.splitlines() == [line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_server_too(folder: Path, number: int) -> None:
    with running(folder) as quickstart:
        assert quickstart.stop(number) == 0
        assert is_free(quickstart.port)
        assert quickstart.err.read_text() == ""


def test_it_writes_into_its_folder_only(folder: Path) -> None:
    with running(folder) as quickstart:
        assert quickstart.stop() == 0
    assert sorted(path.name for path in folder.parent.iterdir()) == ["data", "err", "out"]
    assert (folder / "quickstart.log").stat().st_mode & 0o077 == 0
