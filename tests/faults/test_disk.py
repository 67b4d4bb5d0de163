"""SQLite's disk is full: refused, nothing torn, and well again when there is room."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import served
from tests.faults.storm import check_answers, check_ledger, check_secrets, storm
from tests.races.conftest import Field
from tests.servers import Installation, free_port

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(
        bool(os.environ.get("WARDKEY_TEST_DATABASE_URL")), reason="PostgreSQL has its own disk"
    ),
]

SIZE_MEGABYTES = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={SIZE_MEGABYTES}m"
    words = ["mount", "-t", "tmpfs", "-o", options, "wardkey-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount a file system can fill one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def field(small_disk: Path) -> Iterator[Field]:
    """A server whose database lies on it."""
    at = Installation(small_disk, None, free_port())
    at.log = small_disk.parent / "serve.log"
    try:
        yield served(at)
    finally:
        at.clear_away()


def fill(ballast: Path) -> None:
    """Write until there is no room left, not for a byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def test_on_a_full_disk_nothing_is_written_and_everything_can_be_read(
    field: Field, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    with field.client() as client:
        before = client.get("/service-accounts").json()
        fill(ballast)
        refused = [client.post("/service-accounts", json={"name": "x"}) for _ in range(3)]
        read = [client.get("/service-accounts") for _ in range(3)]
        ballast.unlink()
        assert {answer.status_code for answer in refused} == {503}
        assert [answer.json() for answer in read] == [before] * 3
        assert client.get("/service-accounts").json() == before
        assert client.post("/service-accounts", json={"name": "x"}).status_code == 201


def test_a_full_disk_is_503_until_there_is_room(field: Field, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    with storm(field) as raging:
        fill(ballast)
        time.sleep(3)
        for _ in range(10):
            fill(small_disk / "more")  # what SQLite gave back meanwhile
            time.sleep(0.1)
        assert httpx.get(f"{field.at.url}/healthz").status_code == 200
        assert field.verdict(raging.good["token"]) in {200, 503}, "never 401"
        ballast.unlink()
        (small_disk / "more").unlink()
        time.sleep(0.5)
        well = time.monotonic()
        time.sleep(1)
        raging.wait_for(200, 201, 204, since=well)
    assert raging.of("create", 503), "nothing was refused"
    assert set(raging.statuses(since=well)) == {200, 201, 204}
    check_answers(raging)
    check_ledger(raging, field.at)
    check_secrets(raging, field)
    assert field.at.rows("PRAGMA integrity_check") == [("ok",)]
