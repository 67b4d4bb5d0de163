"""The table of the REST API: Wardkey's own server beside gunicorn with threads."""

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator

from benchmarks.verify.rounds import Line, run
from benchmarks.verify.servers import IN_THREADS, gunicorn, serving
from benchmarks.verify.table import Size, say
from benchmarks.verify.wardkey import installation

CONNECTIONS = (1, 8, 32)
SERVE, THREADS = "serve", "gunicorn, threads"
LIST, CREATE = "list of 50 tokens", "create a token"
MOST_TOKENS = 10_000
"""Of the account whose tokens are listed; a page costs the same however many there are."""
MOST_ALLOWED = 1.05
"""Times the cost under gunicorn: at most as much, and what two runs of one server differ by."""
TOKENS_OF = "/api/service-accounts/{}/tokens"

Source = Callable[[], Iterator[bytes]]


def rest(database_url: str, size: Size) -> bool:
    """Measure, and print the table; return whether no call costs more than is allowed."""
    with contextlib.ExitStack() as clearing:
        at = clearing.enter_context(installation(database_url))
        tokens = str(min(size.rows, MOST_TOKENS))
        jwt = json.loads(at.do("-m", "tests.process", "benchmarks.filling", tokens))["jwt"]
        wsgi = ("django.core.wsgi:get_wsgi_application()", at.environment, at.folder / "log")
        servers = {
            SERVE: clearing.enter_context(serving(at)),
            THREADS: clearing.enter_context(gunicorn(*wsgi, *IN_THREADS)),
        }
        head = f"Host: 127.0.0.1:{at.port}\r\nAuthorization: Bearer {jwt}\r\n"
        calls = {LIST: (list_source(head), 200), CREATE: (create_source(head), 201)}
        found = run(
            [
                Line(_name(call, server, many), served, source, status, connections=many)
                for call, (source, status) in calls.items()
                for server, served in servers.items()
                for many in CONNECTIONS
            ],
            size.rounds,
            size.seconds,
        )
    cost = {name: figures.middle for name, figures in found.items()}
    say(f"| call | connections | {SERVE} | {THREADS} | ratio | at most {MOST_ALLOWED} |")
    say("| --- | --- | --- | --- | --- | --- |")
    ratios = []
    for call, many in itertools.product(calls, CONNECTIONS):
        ours, theirs = (cost[_name(call, server, many)] for server in servers)
        ratios.append(ours / theirs)
        met = "met" if ratios[-1] <= MOST_ALLOWED else "NOT MET"
        say(f"| {call} | {many} | {ours:,.0f} us | {theirs:,.0f} us | {ratios[-1]:.2f} | {met} |")
    return max(ratios) <= MOST_ALLOWED


def list_source(head: str) -> Source:
    """Return a source of requests for the first page of a list."""
    path = TOKENS_OF.format("big")
    return lambda: itertools.repeat(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())


def create_source(head: str) -> Source:
    """Return a source of requests that create a token each, of another name every time."""
    numbers = itertools.count()
    path = TOKENS_OF.format("new")

    def draw() -> Iterator[bytes]:
        for number in numbers:
            body = f'{{"name": "new {number}"}}'
            length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            yield f"POST {path} HTTP/1.1\r\n{head}{length}\r\n{body}".encode()

    return draw


def _name(call: str, server: str, connections: int) -> str:
    return f"{call}, {server}, {connections}"
