"""The peers' lines: every peer at every size, by the server that is best for it."""

import contextlib
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.verify.peers.credentials import PEERS, Peer
from benchmarks.verify.rounds import Line, measure, progress
from benchmarks.verify.servers import BY_UVICORN, IN_THREADS, Served, gunicorn
from benchmarks.verify.wardkey import at_random
from tests.servers import ROOT, database_beside

MOST_ASKED_FOR = 100_000
"""Users who are asked for, of however many there are; no peer keeps what it has read."""
POOLED = {"PEERS_POOL": "on"}
KINDS: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "gunicorn threads": ("django.core.wsgi:get_wsgi_application()", IN_THREADS, {}),
    "uvicorn": ("django.core.asgi:get_asgi_application()", BY_UVICORN, POOLED),
}
"""The servers that a peer may be best behind, by what the table calls them: what each serves, by
which workers, and what is set for it."""

Servers = dict[str, Served]
"""The peers' site behind each kind of server."""


@contextlib.contextmanager
def serving(database_url: str, rows: int) -> Iterator[Servers]:
    """Serve the peers' site over so many rows of each kind of credential."""
    with contextlib.ExitStack() as clearing:
        folder = Path(clearing.enter_context(tempfile.TemporaryDirectory(prefix="peers-")))
        url = clearing.enter_context(database_beside(database_url))
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "benchmarks.verify.peers.settings",
        }
        fill = [sys.executable, "-m", "tests.process", "benchmarks.verify.peers.filling", str(rows)]
        subprocess.run(fill, cwd=ROOT, env=environment, check=True)
        progress(f"filled with {rows:,} rows for each peer")
        yield {
            kind: clearing.enter_context(
                gunicorn(site, environment | more, folder / "log", *options)
            )
            for kind, (site, options, more) in KINDS.items()
        }


def lines(by_rows: dict[int, Servers], seconds: float) -> list[tuple[Peer, Line]]:
    """Return a line for every peer and size; a short trial says which server is the peer's best."""
    found = []
    for peer in PEERS:
        best = None
        for rows, servers in sorted(by_rows.items()):
            numbers = random.sample(range(1, rows + 1), min(rows, MOST_ASKED_FOR))
            requests = [peer.request(number) for number in numbers]
            best = best or _best(peer, servers, requests, seconds)
            name = f"{peer.name}, {rows:,} rows, {best}"
            found.append((peer, _line(peer, name, servers[best], requests)))
    return found


def _best(peer: Peer, servers: Servers, requests: Sequence[bytes], seconds: float) -> str:
    tried = {
        kind: measure(_line(peer, kind, served, requests), seconds)[0]
        for kind, served in servers.items()
    }
    told = ", ".join(f"{cpu:.0f} us by {kind}" for kind, cpu in tried.items())
    progress(f"{peer.name}: {told}")
    return min(tried, key=lambda kind: tried[kind])


def _line(peer: Peer, name: str, served: Served, requests: Sequence[bytes]) -> Line:
    return Line(name, served, at_random(requests), tells=peer.tells)
