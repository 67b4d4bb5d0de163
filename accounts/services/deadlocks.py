"""What happens when two services wait for each other: the database breaks one off, we repeat it.

PostgreSQL undoes the one whole, so that it can be repeated whole (SQLSTATE 40P01, and
40001 for a serialization failure). SQLite has one writer and no deadlocks.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 4
_BROKEN_OFF = {"40P01", "40001"}

logger = logging.getLogger("wardkey.deadlocks")


def repeated_on_deadlock(service: Callable[P, R]) -> Callable[P, R]:
    """Repeat a durable service, which must read again whatever it decides by."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return service(*args, **kwargs)
            except OperationalError as fault:
                if getattr(fault.__cause__, "sqlstate", None) not in _BROKEN_OFF:
                    raise
                logger.info("%s was broken off by a deadlock", service.__name__)
        return service(*args, **kwargs)

    return run
