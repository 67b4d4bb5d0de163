"""What the admin's pages cost over a million tokens, as multiples of the same page over a thousand.

    python -m benchmarks.admin --database-url postgres://me@127.0.0.1:5432/any

fills two new databases beside the given one, which are dropped afterwards: a small one, and one of
1,000 organizations, 20,000 service accounts and 1,000,000 tokens. A server with one worker runs
over each, and every page is asked of both in turn: each list, each filter of it, each search, each
kind of summary and history. The figure of a page is the middle (p50) of its requests over the
large one, divided by that over the small one. At most 3 is allowed; the process fails above.
"""

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.servers import Installation, database_beside, free_port

SMALL, LARGE = (10, 200, 1_000), (1_000, 20_000, 1_000_000)
"""Organizations, service accounts and tokens."""
MOST_ALLOWED = 3.0
TOKENS, ACCOUNTS = "/admin/tokens/token/", "/admin/accounts/serviceaccount/"
ORGANIZATIONS, PEOPLE = "/admin/accounts/organization/", "/admin/accounts/user/"
MEMBERS, AUDIT_LOG = "/admin/accounts/membership/", "/admin/accounts/auditevent/"

PAGES = [
    "/admin/",
    TOKENS,
    f"{TOKENS}?p=40",
    *(f"{TOKENS}?status={status}" for status in ("active", "disabled", "expired", "revoked")),
    *(f"{TOKENS}?expiring={days}" for days in (7, 30, 90)),
    *(f"{TOKENS}?unused={days}" for days in (30, 90, 365)),
    f"{TOKENS}?organization=org-5",
    f"{TOKENS}?organization=org-5&status=active&unused=30",
    f"{TOKENS}?account={{account}}",
    f"{TOKENS}?scope=write:releases",
    f"{TOKENS}?creator=Maker 7",
    f"{TOKENS}?q=Token 77",
    f"{TOKENS}?q=token-500",
    f"{TOKENS}?q={{prefix}}",
    f"{TOKENS}?q={{token}}",
    f"{TOKENS}?q=nothing",
    f"{TOKENS}{{token}}",
    f"{TOKENS}{{token}}/history",
    ACCOUNTS,
    *(f"{ACCOUNTS}?status={status}" for status in ("active", "disabled", "deleted")),
    f"{ACCOUNTS}?unused=90",
    f"{ACCOUNTS}?organization=org-5",
    f"{ACCOUNTS}?scope=read:releases",
    f"{ACCOUNTS}?creator=Maker 7",
    f"{ACCOUNTS}?q=Account 7",
    f"{ACCOUNTS}?q=person-5@example.com",
    f"{ACCOUNTS}{{account}}",
    f"{ACCOUNTS}{{account}}/history",
    ORGANIZATIONS,
    f"{ORGANIZATIONS}?status=suspended",
    f"{ORGANIZATIONS}?q=org-5",
    f"{ORGANIZATIONS}?q=person-5@example.com",
    f"{ORGANIZATIONS}{{organization}}",
    f"{ORGANIZATIONS}{{organization}}/history",
    PEOPLE,
    f"{PEOPLE}?q=person-5@example.com",
    f"{PEOPLE}{{person}}",
    f"{PEOPLE}{{person}}/history",
    MEMBERS,
    f"{MEMBERS}?organization=org-5",
    f"{MEMBERS}{{membership}}",
    AUDIT_LOG,
    f"{AUDIT_LOG}?organization=org-5",
    f"{AUDIT_LOG}?action=token.issued",
]


@dataclass(frozen=True, slots=True)
class World:
    """A served database, a client of a support lead, and what there is to ask for."""

    client: httpx.Client
    facts: dict[str, str]

    def ask(self, page: str) -> float:
        """Return the seconds that a page takes."""
        begun = time.perf_counter()
        answer = self.client.get(page.format(**self.facts))
        took = time.perf_counter() - begun
        answer.raise_for_status()
        return took


@contextlib.contextmanager
def world(database_url: str, sizes: tuple[int, int, int]) -> Iterator[World]:
    """Serve a new database that is filled so far."""
    with contextlib.ExitStack() as clearing:
        folder = Path(clearing.enter_context(tempfile.TemporaryDirectory(prefix="wardkey-")))
        url = clearing.enter_context(database_beside(database_url))
        at = Installation(folder, url, free_port())
        at.settings["WARDKEY_STAFF_MFA"] = "off"
        clearing.callback(at.clear_away)
        at.do("manage.py", "migrate", "--verbosity", "0")
        told = at.do("-m", "tests.process", "benchmarks.filling_staff", *map(str, sizes))
        facts = json.loads(told)
        at.start("--workers", "1")
        cookies = {facts["cookie"]: facts["session"]}
        client = httpx.Client(base_url=at.url, cookies=cookies, timeout=120)
        yield World(clearing.enter_context(client), facts)


def report(small: World, large: World, rounds: int) -> float:
    """Print a row for each page, and return the greatest ratio."""
    worst = 0.0
    for page in PAGES:
        for each in (small, large):
            each.ask(page)  # the first one warms caches
        took = [(small.ask(page), large.ask(page)) for _ in range(rounds)]
        before, after = (statistics.median(one) for one in zip(*took, strict=True))
        worst = max(worst, after / before)
        say(f"{page:60}{after / before:8.1f}")
    return worst


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the options, measure, report, and fail where a page costs too much."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--tokens", type=int, default=LARGE[2])
    options.add_argument("--database-url", required=True, help="any database of a PostgreSQL")
    given = options.parse_args()
    url, (organizations, accounts, _) = given.database_url, LARGE
    with world(url, SMALL) as small, world(url, (organizations, accounts, given.tokens)) as large:
        worst = report(small, large, given.rounds)
    say(f"{'the greatest':60}{worst:8.1f}")
    sys.exit(worst > MOST_ALLOWED)


if __name__ == "__main__":
    main()
