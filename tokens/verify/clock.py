"""The clock of the lease: seconds that go on while the machine is suspended."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_seconds() -> float:
    """Return the time by ``CLOCK_BOOTTIME``, where there is one.

    Linux's monotonic clock stands still in a suspend, and a lease would outlive it.
    """
    return time.clock_gettime(_CLOCK)
