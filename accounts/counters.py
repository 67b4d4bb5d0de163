"""Numbers to watch: counted where things happen, told by ``/metrics``.

prometheus-client decides at its import whether the counts of several processes are
added up, so it is imported at the first count, in the worker that counts: the server
has said by then, in ``PROMETHEUS_MULTIPROC_DIR``, where workers share their counts.
"""

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Counter

KNOWN = {
    "wardkey_answers": ("Answers to requests, by status.", "status"),
    "wardkey_verdicts": ("Verdicts on tokens, by reason.", "reason"),
    "wardkey_sign_ins": ("Sign-ins with a password, by outcome.", "outcome"),
    "wardkey_issuer_keys_missing": ("JWTs whose issuer's keys could not be had.", "issuer"),
}
"""Every counter: what it counts, and the one label it has."""


def count(name: str, value: str) -> None:
    """Add one to the counter ``name`` for ``value`` of its label.

    ``value`` must come from a short closed list: a status, a reason, a configured issuer.
    """
    with _making:
        counter = _counter(name)
    counter.labels(value).inc()


_making = threading.Lock()
"""Two threads that count the first time at once must not both make the counter."""


@cache
def _counter(name: str) -> "Counter":
    from prometheus_client import Counter  # noqa: PLC0415 - see the module's docstring

    text, label = KNOWN[name]
    return Counter(name, text, [label])
