"""Numbers to watch: counted where things happen, told by ``/metrics``.

prometheus-client decides at its import whether the counts of several processes are
added up, so it is imported at the first count, in the worker that counts: the server
has said by then, in ``PROMETHEUS_MULTIPROC_DIR``, where workers share their counts.
"""

import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge

    from accounts.histogram import Histogram

COUNTERS = {
    "wardkey_answers": ("Answers to requests behind the gate, by status.", "status"),
    "wardkey_gate_answers": ("Answers of the gate, by what they rest on.", "source"),
    "wardkey_issuer_keys_missing": ("JWTs whose issuer's keys could not be had.", "issuer"),
    "wardkey_sign_ins": ("Sign-ins with a password, by outcome.", "outcome"),
    "wardkey_verdicts": ("Verdicts on tokens, by reason.", "reason"),
}
"""Every counter: what it counts, and the one label it has. ``/metrics`` appends ``_total``."""


class Known(NamedTuple):
    """A gauge: what it tells, and what becomes of the values of the workers that live."""

    text: str
    mode: Literal["livesum", "livemax"]


GAUGES = {
    "wardkey_epoch_lag_seconds": Known(
        "How old the epoch that is applied to memory became, at most, in the last second.",
        "livemax",
    ),
    "wardkey_kept_tokens": Known("Good tokens in memory.", "livesum"),
    "wardkey_revokes_waiting": Known("Losses of rights that wait to be told.", "livesum"),
}


class Spread(NamedTuple):
    """A histogram: what is measured, its one label if it has one, and its buckets' bounds."""

    text: str
    label: str
    bounds: tuple[float, ...]


HISTOGRAMS = {
    "wardkey_batch_digests": Spread(
        "Digests that one statement looked up.", "", (1, 2, 4, 8, 16, 32, 64, 128, 256)
    ),
    "wardkey_revoke_wait_seconds": Spread(
        "How long a loss of rights waited to be told.", "", (0.26, 0.28, 0.3, 0.35, 0.5, 1, 2)
    ),
    "wardkey_verify_database_seconds": Spread(
        "How long the database took, by statement of the gate.",
        "statement",
        (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1),
    ),
}


def count(name: str, value: str) -> None:
    """Add one to the counter ``name`` for ``value`` of its label.

    ``value`` must come from a short closed list: a status, a reason, a configured issuer.
    """
    add(name, value, 1)


def add(name: str, value: str, amount: int) -> None:
    """Add ``amount`` to the counter ``name`` for ``value`` of its label, as ``count`` does."""
    with _making:
        counter = _counter(name)
    counter.labels(value).inc(amount)


def put(name: str, amount: float) -> None:
    """Let the gauge ``name`` of this process stand at ``amount``."""
    with _making:
        gauge = _gauge(name)
    gauge.set(amount)


def move(name: str, amount: float) -> None:
    """Move the gauge ``name`` of this process by ``amount``, up or down."""
    with _making:
        gauge = _gauge(name)
    gauge.inc(amount)


def observe(name: str, amount: float) -> None:
    """Note one value in the histogram ``name``, which has no label."""
    with _making:
        histogram = _histogram(name)
    histogram.observe(amount)


def observe_many(name: str, value: str, counts: Sequence[int], total: float) -> None:
    """Note many values in the histogram ``name``; ``value`` is that of its label, if it has one.

    Args:
        counts: how many there were in each bucket; the last is of those above all bounds.
        total: all of them, added up.
    """
    with _making:
        histogram = _histogram(name)
    (histogram.labels(value) if HISTOGRAMS[name].label else histogram).add(counts, total)


_making = threading.Lock()
"""Two threads that count the first time at once must not both make the counter."""


@cache
def _counter(name: str) -> "Counter":
    from prometheus_client import Counter  # noqa: PLC0415 - see the module's docstring

    text, label = COUNTERS[name]
    return Counter(name, text, [label])


@cache
def _gauge(name: str) -> "Gauge":
    from prometheus_client import Gauge  # noqa: PLC0415 - see the module's docstring

    known = GAUGES[name]
    return Gauge(name, known.text, multiprocess_mode=known.mode)


@cache
def _histogram(name: str) -> "Histogram":
    from accounts.histogram import Histogram  # noqa: PLC0415 - see the module's docstring

    spread = HISTOGRAMS[name]
    return Histogram(
        name, spread.text, [spread.label] if spread.label else [], buckets=spread.bounds
    )


def make_all() -> None:
    """Make everything that is counted, so that nobody waits for it: once for each process."""
    with _making:
        for name in COUNTERS:
            _counter(name)
        for name in GAUGES:
            _gauge(name)
        for name in HISTOGRAMS:
            _histogram(name)
