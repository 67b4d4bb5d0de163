"""Time spans as people write them: ``365d``, ``12h``, ``15m``, ``5s``. Pure."""

import re
from datetime import timedelta

LONGEST = timedelta(days=36_500)

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"([0-9]{1,18})(us|ms|s|m|h|d)")


def parse_span(value: str) -> timedelta:
    """Turn ``365d``, ``15m``, ``5s`` or ``500ms`` into a span greater than nothing.

    Raises:
        ValueError: it is not of that form, is zero, or is longer than a century.
    """
    found = _SPAN.fullmatch(value)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"write a time span like 365d, 12h, 15m or 5s, not {value!r}.")
    seconds = int(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{value!r} is too long; the longest is {LONGEST.days}d.")
    return timedelta(seconds=seconds)
