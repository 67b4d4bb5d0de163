"""A storm of creates, revokes and checks, and the account that is held of it afterwards."""

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.races.conftest import Field
from tests.servers import Installation

WRITERS, READERS = 6, 2
BROKEN = 0
"""In place of a status: the connection broke, nothing was acknowledged."""
SLOWEST = 40.0
"""Seconds within which whatever happens is answered; no act of a storm may take longer."""

ISSUED = "SELECT target_slug FROM accounts_auditevent WHERE action = 'token.issued'"
REVOKED = "SELECT target_slug FROM accounts_auditevent WHERE action = 'token.revoked'"


@dataclass(frozen=True)
class Act:
    """One request and what came of it."""

    kind: str
    slug: str
    status: int
    began: float
    took: float
    text: str
    retry_after: str | None = None
    content_type: str = ""


class Storm:
    """Clients that write and check without a pause until they are told to stop."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._over = threading.Event()
        self._numbers = itertools.count(1)
        self._threads: list[threading.Thread] = []
        self.acts: list[Act] = []
        self.secrets: dict[str, str] = {}
        self.account = field.account()
        self.address = f"/service-accounts/{self.account}/tokens"
        with field.client() as client:
            self.good = client.post(self.address, json={"name": "good", "slug": "good"}).json()

    def begin(self) -> None:
        """Start every client."""
        bodies = [self._write] * WRITERS + [self._read] * READERS
        self._threads = [threading.Thread(target=self._run, args=(body,)) for body in bodies]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Let every client finish what it does."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in self._threads)

    def of(self, kind: str, *statuses: int) -> list[Act]:
        """Return the acts of a kind that had one of these statuses."""
        return [act for act in self.acts if act.kind == kind and act.status in statuses]

    def statuses(self, since: float = 0.0) -> Counter[int]:
        """Return how often each status was answered to what began after ``since``."""
        return Counter(act.status for act in self.acts if act.began >= since)

    def wait_for(self, *statuses: int, since: float) -> None:
        """Wait until each of these was answered to something that began after ``since``."""
        end = time.monotonic() + SLOWEST
        while not self.statuses(since).keys() >= set(statuses):
            assert time.monotonic() < end, self.statuses(since)
            time.sleep(0.05)

    def _run(self, body: object) -> None:
        assert callable(body)
        with self._field.client() as client:
            while not self._over.is_set():
                body(client)

    def _write(self, client: httpx.Client) -> None:
        slug = f"{self.account}-{next(self._numbers)}"
        made = self._ask("create", slug, client, "POST", json={"name": slug, "slug": slug})
        if made is None or made.status_code != 201:
            return
        self.secrets[slug] = made.json()["token"]
        if int(slug.rpartition("-")[2]) % 2:
            self._ask("revoke", slug, client, "DELETE", f"/{slug}")

    def _read(self, client: httpx.Client) -> None:
        headers = {"Authorization": f"Bearer {self.good['token']}"}
        address = f"{self._field.at.url}/tokens/validate"
        self._ask("verify", "good", client, "GET", address=address, headers=headers)
        time.sleep(0.02)

    def _ask(
        self,
        kind: str,
        slug: str,
        client: httpx.Client,
        method: str,
        below: str = "",
        address: str = "",
        **options: Any,
    ) -> httpx.Response | None:
        began = time.monotonic()
        status, text, headers = BROKEN, "", httpx.Headers()
        answer = None
        try:
            answer = client.request(method, address or self.address + below, **options)
            status, text, headers = answer.status_code, answer.text, answer.headers
        except httpx.TransportError as error:
            text = repr(error)
            time.sleep(0.05)
        if status == 503:
            time.sleep(0.05)
        self.acts.append(
            Act(
                kind,
                slug,
                status,
                began,
                time.monotonic() - began,
                text if status != 201 else "",
                headers.get("Retry-After"),
                headers.get("Content-Type", ""),
            )
        )
        return answer


@contextlib.contextmanager
def storm(field: Field) -> Iterator[Storm]:
    """Let a storm rage during the block."""
    raging = Storm(field)
    raging.begin()
    try:
        time.sleep(0.5)
        yield raging
    finally:
        raging.end()


def check_answers(over: Storm, *, broken: bool = False) -> None:
    """Fail unless everything was done, or refused in good order and in good time."""
    allowed = {"create": {201, 503}, "revoke": {204, 503}, "verify": {200, 503}}
    if broken:
        allowed = {kind: found | {BROKEN} for kind, found in allowed.items()}
    strange = [act for act in over.acts if act.status not in allowed[act.kind]]
    assert not strange, strange[:3]
    for act in over.acts:
        assert act.took < SLOWEST, act
        if act.status == 503:
            assert act.content_type == "application/problem+json", act
            assert "Server.Unavailable" in act.text, act
            assert int(act.retry_after or 0) >= 1, act


def check_ledger(over: Storm, at: Installation) -> None:
    """Fail unless what was acknowledged stands, and all that stands is told, once."""
    ours = f"LIKE '{over.account}-%'"
    asked = f"SELECT slug, revoked_at IS NOT NULL FROM tokens_token WHERE slug {ours}"
    rows = {slug: bool(is_revoked) for slug, is_revoked in at.rows(asked)}
    issued = Counter(slug for (slug,) in at.rows(f"{ISSUED} AND target_slug {ours}"))
    revoked = Counter(slug for (slug,) in at.rows(f"{REVOKED} AND target_slug {ours}"))
    assert issued == Counter(rows.keys()), "each token is told of once, and nothing else is"
    assert revoked == Counter(slug for slug, is_revoked in rows.items() if is_revoked)
    made = {act.slug for act in over.of("create", 201)}
    ended = {act.slug for act in over.of("revoke", 204)}
    assert made, "nothing was created, so nothing was put at risk"
    assert made <= rows.keys()
    assert ended <= revoked.keys()
    tried = ended | {act.slug for act in over.of("revoke", 503, BROKEN)}
    assert revoked.keys() <= tried, "only what was asked for has happened"


def check_secrets(over: Storm, field: Field, most: int = 40) -> None:
    """Fail unless secrets are good until their tokens are revoked, and stand in no log or row."""
    written = field.at.log.read_text() + repr(field.at.rows("SELECT * FROM accounts_auditevent"))
    written += repr(field.at.rows("SELECT * FROM tokens_token"))
    assert over.account in written
    assert not any(secret in written for secret in over.secrets.values())
    revoked = {slug for (slug,) in field.at.rows(REVOKED)}
    for slug, secret in itertools.islice(reversed(over.secrets.items()), most):
        assert field.verdict(secret) == (401 if slug in revoked else 200), slug
