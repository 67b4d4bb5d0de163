"""What the gate counts by itself comes to be told: all of it, once."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from accounts import losses
from accounts.histogram import Histogram
from config.server.refusals import render
from tests.operations.metrics import counts, value
from tests.verify.through import InProcess
from tokens.gate.asgi import Gate
from tokens.services.issue import IssuedToken
from tokens.verify.lines import Lines
from tokens.verify.live import LiveVerifier
from tokens.verify.tally import Heap, Tally
from tokens.verify.verdict import Reason

pytestmark = pytest.mark.usefixtures("told_here")

BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LAG = "wardkey_epoch_lag_seconds"


@pytest.fixture
def told_here(told: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell the counts of this process, and let Django's connection be used on a loop."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def source(name: str) -> str:
    """Return the sample that counts the gate's answers from there."""
    return f'wardkey_gate_answers_total{{source="{name}"}}'


def reason(name: str) -> str:
    """Return the sample that counts verdicts of this reason."""
    return f'wardkey_verdicts_total{{reason="{name}"}}'


def more(before: str, after: str, samples: Sequence[str]) -> list[float]:
    """Return by how much each sample grew."""
    return [value(after, sample) - value(before, sample) for sample in samples]


def ask_all(here: InProcess, sent: Sequence[tuple[str, str]]) -> list[int]:
    """Ask the gate by these secrets and queries, one after the other, on one loop."""

    async def asking() -> list[int]:
        statuses = []
        for secret, query in sent:
            headers = [("authorization", f"Bearer {secret}")]
            answer = await here.ask("GET", "/tokens/validate", headers, query)
            statuses.append(answer.status_code)
        here.verifier.close()
        return statuses

    return asyncio.run(asking())


def test_each_answer_is_counted_once_by_source_and_reason(db: None, ci: IssuedToken) -> None:
    good = (str(ci.secret), "")
    wanting = (str(ci.secret), "scope=delete:releases")
    before = counts()
    assert ask_all(InProcess(), [good, good, good, wanting, ("no", "")]) == [200] * 3 + [403, 401]
    sources = map(source, ("memory", "database", "text", "nothing"))
    reasons = map(reason, ("good", "scope_missing", "malformed", "unknown"))
    grown = more(before, counts(), [*sources, *reasons])
    assert grown == [2, 2, 1, 0, 3, 1, 1, 0]


def test_what_finds_no_verdict_is_counted_as_nothing_and_as_no_verdict(ci: IssuedToken) -> None:
    here = InProcess()

    async def unreachable() -> Lines:
        raise OSError("no database")

    here.verifier = LiveVerifier(unreachable)
    here.gate = Gate(here.gate, here.verifier, render)
    before = counts()
    assert ask_all(here, [(str(ci.secret), ""), (str(ci.secret), "")]) == [503, 503]
    everything = [source("nothing"), source("database"), *map(reason, Reason)]
    assert more(before, counts(), everything) == [2] + [0] * (1 + len(Reason))


def test_what_was_told_is_not_told_again() -> None:
    tally = Tally()
    tally.hits = 3
    tally.read(5, 0.01)
    tally.polled(0.02)
    before = counts()
    tally.write()
    tally.write()
    samples = [
        source("memory"),
        reason("good"),
        "wardkey_batch_digests_sum",
        "wardkey_batch_digests_count",
        'wardkey_verify_database_seconds_count{statement="read"}',
        'wardkey_verify_database_seconds_count{statement="poll"}',
    ]
    assert more(before, counts(), samples) == [3, 3, 5, 1, 1, 1]


def test_the_lag_that_is_told_is_the_longest_that_was_seen() -> None:
    tally = Tally()
    for lag in (0.05, 0.21, 0.06, float("inf")):
        tally.saw(7, lag)
    tally.write()
    assert (value(counts(), LAG), value(counts(), "wardkey_kept_tokens")) == (0.21, 7)
    tally.write()
    assert (value(counts(), LAG), value(counts(), "wardkey_kept_tokens")) == (0, 7)


def test_many_values_are_told_as_if_each_was_observed() -> None:
    values = [0, 1, 1.5, 2, 3, 256, 257, 1000]
    one, other = CollectorRegistry(), CollectorRegistry()
    each = Histogram("x", "text", buckets=BOUNDS, registry=one)
    for amount in values:
        each.observe(amount)
    heap = Heap("wardkey_batch_digests")
    before = counts()
    for amount in values:
        heap.note(amount)
    heap.write()
    after = counts()
    Histogram("x", "text", buckets=BOUNDS, registry=other)
    told = [line.split()[0] for line in generate_latest(other).decode().splitlines()]
    samples = [line for line in told if line.startswith(("x_bucket", "x_sum", "x_count"))]
    observed = [value(generate_latest(one).decode(), sample) for sample in samples]
    ours = [sample.replace("x_", "wardkey_batch_digests_", 1) for sample in samples]
    assert more(before, after, ours) == observed
    assert len(samples) == len(BOUNDS) + 3


def test_a_wait_for_a_loss_is_counted_while_it_lasts_and_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    waits, waiting = "wardkey_revoke_wait_seconds_count", "wardkey_revokes_waiting"
    before = counts()
    monkeypatch.setattr(time, "sleep", lambda _: seen.append(value(counts(), waiting)))
    losses.wait()
    assert seen == [value(before, waiting) + 1]
    assert more(before, counts(), [waits, waiting]) == [1, 0]
