"""How a command of the operator is run, and how it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and all that it wrote."""

    code: int
    out: str
    err: str


Command: TypeAlias = Callable[..., Ended]
"""Runs ``manage.py`` with the arguments; ``stdin`` is what it can read."""
