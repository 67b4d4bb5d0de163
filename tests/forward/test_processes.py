"""Several processes and their keys: made once, and followed by every worker."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import jwt
import pytest

from tests.forward.conftest import AUDIENCE
from tests.servers import Installation, installation

pytestmark = [pytest.mark.node, pytest.mark.race]

FOLLOWING_SECONDS = 120.0
"""A rotation is noticed within ten seconds, and an identity that was signed before is handed out
for half of its life, thirty more; the rest is for a slow machine."""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Installation]:
    """A migrated installation that signs identities, and has no keys yet."""
    with installation(tmp_path) as found:
        found.settings = {
            "WARDKEY_FORWARD_JWT": "on",
            "WARDKEY_FORWARD_JWT_AUDIENCE": AUDIENCE,
        }
        found.do("manage.py", "migrate", "--verbosity", "0")
        yield found


def keys(at: Installation) -> dict[str, str]:
    """Return the id of each key by its place, as the database has it."""
    return dict(at.rows("SELECT place, kid FROM tokens_forwardkey"))


def at_once(at: Installation, many: int, *command: str) -> list[subprocess.CompletedProcess[str]]:
    """Run a command in so many processes at the same moment."""
    with ThreadPoolExecutor(many) as threads:
        return list(threads.map(lambda _: at.run(*command), range(many)))


def test_processes_that_come_first_at_once_make_three_keys(at: Installation) -> None:
    ended = at_once(at, 4, "-m", "tests.process", "tests.forward.ready")
    assert [process.returncode for process in ended] == [0] * 4, ended
    assert {process.stdout for process in ended} == {keys(at)["current"]}
    assert len(keys(at)) == 3


def test_of_rotations_at_once_one_is_done(at: Installation) -> None:
    at.do("manage.py", "rotate_forward_key")
    before = keys(at)
    age_by_an_hour(at)
    ended = at_once(at, 4, "manage.py", "rotate_forward_key")
    assert sorted(process.returncode for process in ended) == [0, 1, 1, 1], ended
    assert keys(at)["current"] == before["next"]
    assert keys(at)["previous"] == before["current"]


def age_by_an_hour(at: Installation) -> None:
    """Have the keys be older than the least time between two rotations."""
    at.do("-m", "tests.process", "tests.forward.age")


def test_every_worker_follows_a_rotation_without_a_restart(at: Installation) -> None:
    secret = at.do("-m", "tests.process", "tests.forward.seed")
    at.start("--workers", "2")
    before, told = keys(at), key_set(at)
    assert signers(at, secret) == {before["current"]}
    age_by_an_hour(at)
    at.do("manage.py", "rotate_forward_key")
    end = time.monotonic() + FOLLOWING_SECONDS
    while signers(at, secret) != {before["next"]}:
        assert time.monotonic() < end, "a worker did not follow"
    assert before["next"] in {key["kid"] for key in told["keys"]}
    assert before["current"] in {key["kid"] for key in key_set(at)["keys"]}
    assert at.stop() == 0


def test_a_worker_that_is_started_late_refuses_no_good_token(at: Installation) -> None:
    at.program = ("-m", "tests.process", "tests.forward.serve_late")
    secret = at.do("-m", "tests.process", "tests.forward.seed")
    at.start("--workers", "1")
    [worker] = at.workers()
    os.kill(worker, signal.SIGKILL)
    while at.workers() in ([], [worker]):
        time.sleep(0.01)
    headers = {"Authorization": f"Bearer {secret}"}
    answer = httpx.get(f"{at.url}/tokens/validate", headers=headers, timeout=30)
    assert answer.status_code == 200
    assert at.stop() == 0


def key_set(at: Installation) -> dict[str, list[dict[str, str]]]:
    """Return what is told at the address of the keys."""
    told: dict[str, list[dict[str, str]]] = httpx.get(f"{at.url}/.well-known/jwks.json").json()
    return told


def signers(at: Installation, secret: str) -> set[str]:
    """Return the keys that sign, over as many connections as it takes to meet both workers."""
    headers = {"Authorization": f"Bearer {secret}"}
    found = [httpx.get(f"{at.url}/tokens/validate", headers=headers) for _ in range(12)]
    assert {answer.status_code for answer in found} == {200}
    texts = [answer.headers["Authorization"].removeprefix("Bearer ") for answer in found]
    return {jwt.get_unverified_header(text)["kid"] for text in texts}


@pytest.mark.parametrize(
    "audience",
    ["", "wardkey", "http://127.0.0.1:8000"],
    ids=["missing", "of our JWTs", "ourselves"],
)
def test_an_audience_that_cannot_be_used_keeps_it_from_starting(
    tmp_path: Path, audience: str
) -> None:
    found = Installation(tmp_path, None, 8000)
    found.settings = {"WARDKEY_FORWARD_JWT": "on", "WARDKEY_FORWARD_JWT_AUDIENCE": audience}
    done = found.run("manage.py", "check")
    assert done.returncode == 1
    assert done.stderr.startswith("Not configured: WARDKEY_FORWARD_JWT_AUDIENCE ")
    assert "like https://services.example.com" in done.stderr
