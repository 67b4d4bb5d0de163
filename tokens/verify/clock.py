"""The clock of verifying: seconds that go on through a suspend, and never back."""

import time

CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's monotonic clock stands still while the machine is suspended."""


def clock() -> float:
    """Return the time, in seconds since some moment that is the same for the whole machine."""
    return time.clock_gettime(CLOCK)
