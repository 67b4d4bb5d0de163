"""What the REST API costs over many tokens, as multiples of an empty view of the same server.

    python -m benchmarks.rest --tokens 100000
    python -m benchmarks.rest --tokens 100000 --database-url postgres://me@127.0.0.1:5432/any

fills a database of its own (SQLite in a temporary folder, or a new one beside the given
PostgreSQL one, dropped afterwards), starts the real server with one worker, and asks it one
request after the other over one connection. Each round asks ``/healthz`` too, so that a
noisy machine slows both; the figures are the middle (p50) and slow (p95) request of all
rounds, divided by the p50 of ``/healthz``. They say how costs relate, and nothing about how
fast a machine is: compare ratios of one run, never milliseconds of two.

What to look for: page 1,000 must cost what the first page does (contract, section 6).
"""

import argparse
import contextlib
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from tests.servers import Installation, database_beside, free_port

PAGE = 50
DEEP_PAGE = 1000
LONGEST_STRIDE = 200
TOKENS = "/api/service-accounts/big/tokens"

Act = Callable[[], httpx.Response]


@contextlib.contextmanager
def running(database_url: str | None, tokens: int) -> Iterator[tuple[Installation, dict[str, str]]]:
    """Run a server over a database of ``tokens`` tokens; yield it and its credentials."""
    with contextlib.ExitStack() as clearing:
        folder = Path(clearing.enter_context(tempfile.TemporaryDirectory(prefix="wardkey-")))
        url = clearing.enter_context(database_beside(database_url)) if database_url else None
        at = Installation(folder, url, free_port())
        clearing.callback(at.clear_away)
        at.do("manage.py", "migrate", "--verbosity", "0")
        begun = time.monotonic()
        told = at.do("-m", "tests.process", "benchmarks.filling", str(tokens))
        say(f"filled with {tokens} tokens in {time.monotonic() - begun:.0f} s")
        at.start("--workers", "1")
        yield at, json.loads(told)


def deep_cursor(client: httpx.Client, tokens: int) -> tuple[str, int]:
    """Walk towards page ``DEEP_PAGE``; return the cursor to the page reached and its number.

    Pages of another ``limit`` share their cursors, so the walk takes long strides.
    """
    cursor, seen = "", 0
    end = min(PAGE * (DEEP_PAGE - 1), tokens - PAGE)
    while seen < end:
        stride = min(LONGEST_STRIDE, end - seen)
        query = {"limit": str(stride)} | ({"cursor": cursor} if cursor else {})
        answer = client.get(TOKENS, params=query).raise_for_status().json()
        cursor, seen = answer["nextCursor"], seen + len(answer["items"])
    return cursor, seen // PAGE + 1


def acts(client: httpx.Client, secret: str, tokens: int) -> dict[str, Act]:
    """Return what is measured, by name; the first is what all else is divided by."""
    numbers = itertools.count()
    cursor, page = deep_cursor(client, tokens)
    gateway = {"Authorization": f"Bearer {secret}"}
    return {
        "empty view (/healthz)": lambda: client.get("/healthz"),
        "validate": lambda: client.get("/tokens/validate", headers=gateway),
        "read one token": lambda: client.get(f"{TOKENS}/token-7"),
        "list, page 1": lambda: client.get(TOKENS),
        f"list, page {page}": lambda: client.get(TOKENS, params={"cursor": cursor}),
        "list by name, page 1": lambda: client.get(TOKENS, params={"sort": "name"}),
        "account with its newest 50": lambda: client.get("/api/service-accounts/big"),
        "create token": lambda: client.post(TOKENS, json={"name": f"new {next(numbers)}"}),
    }


def measure(measured: dict[str, Act], rounds: int) -> dict[str, list[float]]:
    """Do every act once in each round; return the seconds of each, by name."""
    took: dict[str, list[float]] = defaultdict(list)
    for turn in range(rounds + rounds // 10):
        for name, act in measured.items():
            begun = time.perf_counter()
            answer = act()
            seconds = time.perf_counter() - begun
            answer.raise_for_status()
            if turn >= rounds // 10:  # the first ones warm caches
                took[name].append(seconds)
    return took


def report(took: dict[str, list[float]]) -> None:
    """Print each act's p50 and p95 in multiples of the first act's p50."""
    unit = statistics.median(next(iter(took.values())))
    say(f"{'':34}{'p50':>8}{'p95':>8}   times the empty view")
    for name, seconds in took.items():
        slow = statistics.quantiles(seconds, n=20)[-1]
        say(f"{name:34}{statistics.median(seconds) / unit:8.1f}{slow / unit:8.1f}")


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the options, measure and report."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--tokens", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=300)
    options.add_argument("--database-url", help="any database of a PostgreSQL; default: SQLite")
    given = options.parse_args()
    with running(given.database_url, given.tokens) as (at, told):
        headers = {"Authorization": f"Bearer {told['jwt']}"}
        with httpx.Client(base_url=at.url, headers=headers, timeout=60) as client:
            report(measure(acts(client, told["secret"], given.tokens), given.rounds))


if __name__ == "__main__":
    main()
