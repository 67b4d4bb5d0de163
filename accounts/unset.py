"""UNSET: what a change leaves as it is, where None means to clear it."""

from enum import Enum


class Unset(Enum):
    """The type of ``UNSET``, its one value."""

    UNSET = "unset"


UNSET = Unset.UNSET
