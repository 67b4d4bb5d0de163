"""Many browsers at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

MANY = 8


def at_once(act: Callable[[int], Any]) -> list[Any]:
    """Return what ``act`` answers to each of many at once, each with a connection of its own."""

    def one(number: int) -> Any:
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as many:
        return list(many.map(one, range(MANY)))
