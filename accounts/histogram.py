"""Histogram: prometheus-client's, which also takes what was tallied elsewhere.

Imported only once something is counted, as ``counters.py`` says.
"""

from collections.abc import Sequence

import prometheus_client


class Histogram(prometheus_client.Histogram):
    """Adds many at once: to observe each on its own would cost the hot path more than it does."""

    def add(self, counts: Sequence[int], total: float) -> None:
        """Add ``counts`` values, by bucket (the last one has no bound), that are ``total`` in all.

        Each bucket counts what is above the bound before it, as ``observe`` has it.
        """
        self._sum.inc(total)
        for bucket, amount in zip(self._buckets, counts, strict=True):
            if amount:
                bucket.inc(amount)
