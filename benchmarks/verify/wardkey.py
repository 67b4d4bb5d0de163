"""Wardkey's own lines: what gateways ask, and of how many tokens."""

import contextlib
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, repeat
from pathlib import Path

from benchmarks.verify.filling import secrets_of_chance
from benchmarks.verify.rounds import Line, progress
from benchmarks.verify.servers import OURS, Served, gunicorn, serving
from tests.servers import Installation, database_beside, free_port

EMPTY, HOT, UNKNOWN, WRONG = "empty ASGI request", "hot token", "unknown", "wrong checksum"
ZIPF, RANDOM = "{:,} by Zipf", "{:,} at random, warm"
OF_MANY, ALL_OF_MANY = "{:,} of {:,} at random, warm", "all of {:,} at random"
MOST_BY_ZIPF = 10_000
DRAWN = 1_000
"""Requests that are drawn at a time."""


@contextlib.contextmanager
def installation(database_url: str) -> Iterator[Installation]:
    """Make an installation on a database of its own, migrated and empty."""
    with contextlib.ExitStack() as clearing:
        folder = Path(clearing.enter_context(tempfile.TemporaryDirectory(prefix="wardkey-")))
        url = clearing.enter_context(database_beside(database_url))
        at = Installation(folder, url, free_port())
        clearing.callback(at.clear_away)
        at.do("manage.py", "migrate", "--verbosity", "0")
        yield at


@contextlib.contextmanager
def filled(database_url: str, tokens: int) -> Iterator[tuple[Installation, Served, list[str]]]:
    """Serve an installation of so many tokens; yield it with their secrets."""
    with installation(database_url) as at:
        path = at.folder / "secrets"
        at.do("-m", "tests.process", "benchmarks.verify.filling", str(tokens), str(path))
        progress(f"filled with {tokens:,} tokens")
        with serving(at) as served:
            yield at, served, path.read_text(encoding="ascii").split()


@contextlib.contextmanager
def empty(at: Installation) -> Iterator[Served]:
    """Serve the empty request, by Wardkey's worker, in the environment of ``at``."""
    log = at.folder / "empty.log"
    with gunicorn("benchmarks.verify.empty:application", at.environment, log, *OURS) as served:
        yield served


def lines_over(
    at: Installation, of_empty: Served, served: Served, secrets: list[str]
) -> list[Line]:
    """Return the lines that have a bar, over as many tokens as there are."""
    prefix = secrets[0].partition("_")[0]
    known = requests(at, secrets)
    by_zipf = known[:MOST_BY_ZIPF]
    unknown = requests(at, secrets_of_chance(prefix, len(secrets)))
    wrong = requests(at, [secret[:-1] + _other(secret[-1]) for secret in secrets])
    return [
        Line(EMPTY, of_empty, lambda: repeat(known[0])),
        Line(HOT, served, lambda: repeat(known[0])),
        Line(ZIPF.format(len(by_zipf)), served, zipf(by_zipf), working_set=by_zipf),
        Line(RANDOM.format(len(known)), served, at_random(known), working_set=known),
        Line(UNKNOWN, served, at_random(unknown), 401),
        Line(WRONG, served, at_random(wrong), 401),
    ]


def lines_of_many(at: Installation, served: Served, secrets: list[str], rows: int) -> list[Line]:
    """Return the lines over many more tokens than are asked for, and over all of them."""
    known = requests(at, secrets)
    some = random.sample(known, rows)
    name = OF_MANY.format(rows, len(known))
    return [
        Line(name, served, at_random(some), working_set=some),
        Line(ALL_OF_MANY.format(len(known)), served, at_random(known)),
    ]


def requests(at: Installation, secrets: Sequence[str]) -> list[bytes]:
    """Return what a gateway asks about each of ``secrets``."""
    host = f"127.0.0.1:{at.port}"
    head = f"GET /tokens/validate HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer "
    return [f"{head}{secret}\r\n\r\n".encode("ascii") for secret in secrets]


def at_random(found: Sequence[bytes]) -> Callable[[], Iterator[bytes]]:
    """Return a source of requests in which each of ``found`` is as likely as another."""

    def draw() -> Iterator[bytes]:
        while True:
            yield from random.choices(found, k=DRAWN)

    return draw


def zipf(found: Sequence[bytes]) -> Callable[[], Iterator[bytes]]:
    """Return a source of requests in which the n-th of ``found`` comes 1/n as often as the first.

    It is how names are asked for in most systems: a few of them nearly always.
    """
    weights = list(accumulate(1 / rank for rank in range(1, len(found) + 1)))

    def draw() -> Iterator[bytes]:
        while True:
            yield from random.choices(found, cum_weights=weights, k=DRAWN)

    return draw


def _other(character: str) -> str:
    return "1" if character == "0" else "0"
