"""``/metrics`` of a server with two workers: what gateways and people did is there, added up."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from accounts.counters import COUNTERS, GAUGES, HISTOGRAMS
from accounts.epoch import LEASE_SECONDS
from accounts.keys import key_ring
from config.operations.metrics import counts_folder
from tests.operations.metrics import BEARER, TOKEN, value
from tests.servers import LOCAL, Installation, free_port, installation

pytestmark = pytest.mark.node

SECONDS = 60.0
"""Long enough for a second's counts to be written, and for a worker to be replaced."""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Installation]:
    """An installation that tells its counts; not started yet."""
    with installation(tmp_path) as found:
        found.settings["WARDKEY_METRICS_TOKEN"] = TOKEN
        found.do("manage.py", "migrate", "--verbosity", "0")
        yield found


@pytest.fixture
def seeded(at: Installation) -> dict[str, str]:
    """Two tokens without scopes, by name, and the JWT of an owner."""
    found: dict[str, str] = json.loads(at.do("-m", "tests.process", "tests.usage.seed"))
    return found


def told(at: Installation) -> str:
    """Return what is told now."""
    return httpx.get(f"{at.url}/metrics", headers=BEARER).text


def present(at: Installation, secret: str, query: str = "") -> int:
    """Show ``secret`` to the gate over a connection of its own, so that any worker may answer."""
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{at.url}/tokens/validate{query}", headers=headers).status_code


def eventually(holds: Callable[[], bool]) -> bool:
    """Say whether ``holds`` comes true in time."""
    end = time.monotonic() + SECONDS
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)
    return holds()


def numbers(at: Installation, *samples: str) -> list[float]:
    """Return what is told of ``samples``."""
    text = told(at)
    return [value(text, sample) for sample in samples]


def verdicts(*reasons: str) -> list[str]:
    """Return the samples that count verdicts of these reasons."""
    return [f'wardkey_verdicts_total{{reason="{reason}"}}' for reason in reasons]


def workers(at: Installation) -> set[int]:
    """Return the ids of the processes that serve."""
    assert at.process is not None
    children = Path(f"/proc/{at.process.pid}/task/{at.process.pid}/children")
    return {int(word) for word in children.read_text().split()}


def test_the_counts_of_all_workers_are_added_up(at: Installation) -> None:
    at.start("--workers", "2")
    asked = 40
    for _ in range(asked):
        # A connection of its own each time, so that both workers answer some.
        assert httpx.get(f"{at.url}/nothing-here").status_code == 404
    texts = [told(at) for _ in range(6)]
    assert {value(text, 'wardkey_answers_total{status="404"}') for text in texts} == {asked}
    assert at.stop() == 0


def test_what_gateways_are_told_is_counted(at: Installation, seeded: dict[str, str]) -> None:
    at.start("--workers", "2")
    last = seeded["live"][-1]
    unlike = seeded["live"][:-1] + ("A" if last != "A" else "B")
    for _ in range(30):
        assert present(at, seeded["live"]) == 200
    for _ in range(7):
        assert present(at, seeded["live"], "?scope=read:releases") == 403
        assert present(at, unlike) == 401
    revoke = f"{at.url}/api/service-accounts/deploy/tokens/dead"
    as_owner = {"Authorization": f"Bearer {seeded['jwt']}"}
    begun = time.monotonic()
    assert httpx.delete(revoke, headers=as_owner).status_code == 204
    took = time.monotonic() - begun
    for _ in range(5):
        assert present(at, seeded["dead"]) == 401

    wanted = [30.0, 7.0, 7.0, 5.0]
    reasons = verdicts("good", "scope_missing", "malformed", "revoked")
    assert eventually(lambda: numbers(at, *reasons) == wanted), told(at)
    text = told(at)
    sources = {
        source: value(text, f'wardkey_gate_answers_total{{source="{source}"}}')
        for source in ("memory", "database", "text", "nothing")
    }
    assert sources["memory"] > 0
    assert sources["memory"] + sources["database"] == 42
    assert (sources["text"], sources["nothing"]) == (7, 0)
    # A token's digest is looked up under every server key.
    assert value(text, "wardkey_batch_digests_sum") == sources["database"] * len(list(key_ring()))
    reads = 'wardkey_verify_database_seconds_count{statement="read"}'
    assert value(text, reads) == value(text, "wardkey_batch_digests_count") > 0
    assert value(text, 'wardkey_verify_database_seconds_count{statement="poll"}') > 0
    assert value(text, "wardkey_revoke_wait_seconds_count") == 1
    # uvloop's timers count whole milliseconds; what may not be cut short is the lease.
    assert LEASE_SECONDS < value(text, "wardkey_revoke_wait_seconds_sum") < took
    assert value(text, "wardkey_revokes_waiting") == 0
    assert at.stop() == 0


def test_malformed_requests_alone_are_counted_too(at: Installation) -> None:
    at.start("--workers", "2")
    for _ in range(9):
        assert present(at, "nothing") == 401
    assert eventually(lambda: numbers(at, *verdicts("malformed")) == [9.0])
    assert at.stop() == 0


def test_what_is_not_written_yet_is_written_at_a_stop(
    at: Installation, seeded: dict[str, str]
) -> None:
    at.start("--workers", "1")
    assert present(at, seeded["live"]) == 200
    folder = counts_folder(at.port)
    assert at.stop() == 0
    assert verdicts("good")[0] in added_up(at, folder)


def added_up(at: Installation, folder: Path) -> str:
    """Return what the files say that a server has left in ``folder``."""
    at.settings["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    code = "from config.operations.metrics import written_counts as w; print(w()[0].decode())"
    return at.do("-c", f"import django; django.setup(); {code}")


def test_a_server_begins_at_nothing(at: Installation) -> None:
    at.start("--workers", "2")
    assert httpx.get(f"{at.url}/nothing-here").status_code == 404
    of_404 = 'wardkey_answers_total{status="404"}'
    assert numbers(at, of_404) == [1.0]
    assert at.stop() == 0
    at.start("--workers", "2")
    assert numbers(at, of_404) == [0.0]
    assert at.stop() == 0


def test_a_killed_worker_takes_its_present_along_and_leaves_its_past(
    at: Installation, seeded: dict[str, str]
) -> None:
    at.start("--workers", "2")
    asked = 0

    def is_kept_twice() -> bool:
        nonlocal asked
        asked += 1
        assert present(at, seeded["live"]) == 200
        return numbers(at, "wardkey_kept_tokens") == [2.0]

    assert eventually(is_kept_twice), told(at)
    both = workers(at)
    # What the last second counted is lost with a process: let it be written before.
    assert eventually(lambda: numbers(at, *verdicts("good")) == [asked]), told(at)
    os.kill(min(both), signal.SIGKILL)
    assert eventually(lambda: numbers(at, "wardkey_kept_tokens") == [1.0]), told(at)
    assert numbers(at, *verdicts("good")) == [asked]
    assert eventually(lambda: len(workers(at) | both) == 3)
    assert at.stop() == 0


def test_nothing_lags_once_nobody_asks(at: Installation, seeded: dict[str, str]) -> None:
    at.start("--workers", "1")
    lag = "wardkey_epoch_lag_seconds"

    def lags() -> bool:
        assert present(at, seeded["live"]) == 200
        return 0 < numbers(at, lag)[0] < 1

    assert eventually(lags)
    assert eventually(lambda: numbers(at, lag) == [0.0])
    assert at.stop() == 0


def test_all_that_is_known_without_a_label_is_told_from_the_start(at: Installation) -> None:
    at.start("--workers", "2")
    text = told(at)
    named = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    unlabelled = {*GAUGES, *(name for name, spread in HISTOGRAMS.items() if not spread.label)}
    assert unlabelled <= named <= {*COUNTERS, *GAUGES, *HISTOGRAMS, *counted(COUNTERS)}
    assert at.stop() == 0


def counted(names: Any) -> set[str]:
    """Return counters' names as they are told."""
    return {f"{name}_total" for name in names}


@pytest.fixture
def apart(at: Installation) -> str:
    """The address of the metrics alone, which no token guards."""
    del at.settings["WARDKEY_METRICS_TOKEN"]
    at.settings["WARDKEY_METRICS_ADDRESS"] = f"{LOCAL}:{free_port()}"
    return f"http://{at.settings['WARDKEY_METRICS_ADDRESS']}"


def test_an_address_of_their_own_tells_the_counts_and_nothing_else(
    at: Installation, apart: str
) -> None:
    at.start("--workers", "2")
    for _ in range(10):
        assert httpx.get(f"{at.url}/nothing-here").status_code == 404
    answer = httpx.get(f"{apart}/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    assert value(answer.text, 'wardkey_answers_total{status="404"}') == 10
    assert httpx.head(f"{apart}/metrics").headers["Content-Length"].isdecimal()
    for path in ("/healthz", "/tokens/validate", "/metrics/", "/%6detrics", "/"):
        refused = httpx.get(f"{apart}{path}")
        assert (refused.status_code, refused.json()["code"]) == (404, "Request.NotFound")
    assert httpx.post(f"{apart}/metrics", content=b"x").status_code == 404
    assert httpx.get(f"{at.url}/metrics", headers=BEARER).status_code == 404
    assert at.stop() == 0


def refusal_of(at: Installation, address: str) -> str:
    """Return why ``serve`` does not start with the metrics at ``address``."""
    at.settings["WARDKEY_METRICS_ADDRESS"] = address
    done = at.run("manage.py", "serve", "--port", str(at.port))
    assert done.returncode != 0
    return done.stderr


def test_an_address_that_cannot_be_had_is_refused_at_start(at: Installation) -> None:
    taken = free_port()
    with socket.create_server((LOCAL, taken)):
        assert refusal_of(at, f"{LOCAL}:{taken}") == (
            f"WARDKEY_METRICS_ADDRESS: Port {taken} of {LOCAL} is in use: stop what listens there,"
            " or choose another.\n"
        )
    same = refusal_of(at, f"127.0.0.2:{at.port}")
    assert same == (f"WARDKEY_METRICS_ADDRESS: Port {at.port} is the server's: choose another.\n")
    for odd in ("9464", "localhost:", ":9464", "localhost:0", "localhost:65536", "localhost:web"):
        assert f"WARDKEY_METRICS_ADDRESS is host:port, like 127.0.0.1:9464, not '{odd}'." in (
            refusal_of(at, odd)
        )
