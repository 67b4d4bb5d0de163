"""What the processes of the race test tell each other while it runs: two numbers in a file."""

import mmap
from pathlib import Path

_TAKEN, _OVER = 0, 1


class Board:
    """How many victims have been taken on, and whether the race is over; shared by its file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._numbers = memoryview(mmap.mmap(file.fileno(), 8)).cast("I")

    @property
    def taken(self) -> int:
        """How many victims have lost something, or are about to."""
        return self._numbers[_TAKEN]

    @taken.setter
    def taken(self, number: int) -> None:
        self._numbers[_TAKEN] = number

    @property
    def is_over(self) -> bool:
        """Whether nobody is to ask any more."""
        return bool(self._numbers[_OVER])

    def end(self) -> None:
        """Have everybody finish."""
        self._numbers[_OVER] = 1
