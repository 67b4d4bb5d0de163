"""What revokes that wait cost everybody else, as multiples of the same requests without revokes.

    python -m benchmarks.revokes --database-url postgres://me@127.0.0.1:5432/any

fills a database of its own beside the given one, dropped afterwards, and runs three servers of two
workers over it: one that holds the answers of revokes back as it should, one that does not wait,
and one that waits on its threads. Another process asks each for verdicts and for a token of the
REST API, every few milliseconds: alone at first, then while ``REVOKES`` clients revoke a token each
at the same moment, until all have their answer. The figures are the middle (p50) and slow (p95)
request of all rounds, divided by the p50 of the same requests alone at the same server.

What to look for: what waits must cost others what it costs them not to wait; and the server that
waits on its threads must not, or the comparison sees nothing.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from tests.servers import LOCAL, Installation, database_beside, free_port

REVOKES = 200
WAITS = ("held", "none", "blocking")
QUIET_SECONDS, PAUSE_SECONDS = 2.0, 0.005
TOKENS = "/api/service-accounts/big/tokens"
ASKED = {"verify": "/tokens/validate", "REST": f"{TOKENS}/token-0"}

Took = dict[str, list[float]]
"""Seconds that requests took, by their name in ``ASKED``."""


@dataclass
class Figures:
    """What one server was measured at: alone, beside revokes, and how fast it answered these."""

    alone: Took = field(default_factory=lambda: defaultdict(list))
    beside: Took = field(default_factory=lambda: defaultdict(list))
    seconds: list[float] = field(default_factory=list)
    refused: int = 0


def ask_until(
    stop: threading.Event, port: int, name: str, credential: str, took: list[float]
) -> None:
    """Ask for one thing again and again over one connection."""
    line = http.client.HTTPConnection(LOCAL, port, timeout=60)
    headers = {"Authorization": f"Bearer {credential}"}
    while not stop.is_set():
        begun = time.perf_counter()
        line.request("GET", ASKED[name], headers=headers)
        answer = line.getresponse()
        answer.read()
        took.append(time.perf_counter() - begun)
        assert answer.status in {200, 503}, answer.status  # 503 where it took too long
        time.sleep(PAUSE_SECONDS)
    line.close()


def ask_when_told(told: Connection, credentials: dict[str, str]) -> None:
    """Run in a process of its own: ask from the port that comes to the next message, and report."""
    while (port := told.recv()) is not None:
        stop, took = threading.Event(), {name: list[float]() for name in ASKED}
        asking = [
            threading.Thread(target=ask_until, args=(stop, port, name, credentials[name], seconds))
            for name, seconds in took.items()
        ]
        for thread in asking:
            thread.start()
        told.recv()
        stop.set()
        for thread in asking:
            thread.join()
        told.send(took)


@contextlib.contextmanager
def asking(asker: Connection, port: int, into: Took) -> Iterator[None]:
    """Have ``ASKED`` be asked meanwhile, and add what that took."""
    asker.send(port)
    yield
    asker.send("enough")
    for name, seconds in asker.recv().items():
        into[name] += seconds


async def revoke(port: int, slugs: list[str], credential: str) -> tuple[float, int]:
    """Revoke all of these tokens at the same moment.

    Returns:
        the seconds to the last answer, and how many were refused since it took too long.
    """
    lines = [await asyncio.open_connection(LOCAL, port) for _ in slugs]
    begun = time.perf_counter()
    for (_, writer), slug in zip(lines, slugs, strict=True):
        head = f"DELETE {TOKENS}/{slug} HTTP/1.1\r\nHost: {LOCAL}\r\n"
        writer.write(f"{head}Authorization: Bearer {credential}\r\n\r\n".encode())
    said = await asyncio.gather(*(reader.readline() for reader, _ in lines))
    took = time.perf_counter() - begun
    statuses = Counter(int(line.split()[1]) for line in said)
    assert statuses.keys() <= {204, 503}, statuses
    for _, writer in lines:
        writer.close()
    return took, statuses[503]


@contextlib.contextmanager
def running(database_url: str, rounds: int) -> Iterator[tuple[dict[str, int], dict[str, str]]]:
    """Serve a new database in each way; yield the ports and the credentials."""
    with contextlib.ExitStack() as clearing:
        folder = Path(clearing.enter_context(tempfile.TemporaryDirectory(prefix="wardkey-")))
        url = clearing.enter_context(database_beside(database_url))
        ports, told = {}, ""
        for wait in WAITS:
            (folder / wait).mkdir()
            at = Installation(folder / wait, url, free_port())
            at.settings["WARDKEY_JWT_ISSUER"] = "http://bench.test"  # one JWT for all of them
            at.program = ("-m", "tests.process", "benchmarks.serving", wait)
            clearing.callback(at.clear_away)
            if not told:
                at.do("manage.py", "migrate", "--verbosity", "0")
                many = len(WAITS) * rounds * REVOKES + 1  # one to ask for
                told = at.do("-m", "tests.process", "benchmarks.filling", str(many))
            at.start("--workers", "2")
            ports[wait] = at.port
        yield ports, json.loads(told)


def measure(
    ports: dict[str, int], credential: str, asker: Connection, rounds: int
) -> dict[str, Figures]:
    """Measure each server in turn, ``rounds`` times."""
    figures, revoked = {wait: Figures() for wait in ports}, 1
    for _ in range(rounds):
        for wait, port in ports.items():
            found = figures[wait]
            with asking(asker, port, found.alone):
                time.sleep(QUIET_SECONDS)
            slugs = [f"token-{number}" for number in range(revoked, revoked + REVOKES)]
            with asking(asker, port, found.beside):
                begun = time.perf_counter()
                seconds, refused = asyncio.run(revoke(port, slugs, credential))
                time.sleep(max(0.0, begun + QUIET_SECONDS - time.perf_counter()))
            revoked += REVOKES
            found.seconds.append(seconds)
            found.refused += refused
    return figures


def report(figures: dict[str, Figures]) -> None:
    """Print a line for each server and request, in multiples of the request's p50 alone."""
    heads = ("alone p95", "p50", "p95", "longest", "revokes/s", "refused")
    say(f"{'':20}{''.join(f'{head:>11}' for head in heads)}   times the p50 alone")
    for wait, found in figures.items():
        rate = REVOKES / statistics.median(found.seconds)
        for name in ASKED:
            alone, beside = found.alone[name], found.beside[name]
            unit = statistics.median(alone)
            times = (slow(alone), statistics.median(beside), slow(beside), max(beside))
            told = "".join(f"{each / unit:11.1f}" for each in times)
            say(f"{wait + ', ' + name:20}{told}{rate:11.0f}{found.refused:11}")


def slow(seconds: list[float]) -> float:
    """Return the p95."""
    return statistics.quantiles(seconds, n=20)[-1]


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the options, measure and report."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--database-url", required=True, help="any database of a PostgreSQL")
    given = options.parse_args()
    with running(given.database_url, given.rounds) as (ports, told):
        processes = get_context("spawn")
        asker, theirs = processes.Pipe()
        credentials = {"verify": told["secret"], "REST": told["jwt"]}
        asking_process = processes.Process(target=ask_when_told, args=(theirs, credentials))
        asking_process.start()
        try:
            report(measure(ports, told["jwt"], asker, given.rounds))
            asker.send(None)
            asking_process.join()
        finally:
            asking_process.kill()


if __name__ == "__main__":
    main()
