"""What the processes of the race test tell each other while it runs: a few numbers in a file."""

import mmap
from pathlib import Path

_TAKEN, _ANSWERED, _OVER = range(3)
_SIZE = 12


class Board:
    """How far the race is, and whether it is over; shared by its file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._numbers = memoryview(mmap.mmap(file.fileno(), _SIZE)).cast("I")

    @property
    def taken(self) -> int:
        """How many victims have lost something, or are about to."""
        return self._numbers[_TAKEN]

    @taken.setter
    def taken(self, number: int) -> None:
        self._numbers[_TAKEN] = number

    @property
    def answered(self) -> int:
        """The victim whose loss was answered last."""
        return self._numbers[_ANSWERED]

    @answered.setter
    def answered(self, number: int) -> None:
        self._numbers[_ANSWERED] = number

    @property
    def is_over(self) -> bool:
        """Whether nobody is to ask any more."""
        return bool(self._numbers[_OVER])

    def end(self) -> None:
        """Have everybody finish."""
        self._numbers[_OVER] = 1
