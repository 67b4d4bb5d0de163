"""alone(): one process at a time, by a lock on a file that ends with the process."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def alone(file: Path) -> Iterator[None]:
    """Wait until nobody else holds ``file``, which is made, and hold it during the block.

    Raises:
        OSError: it cannot be written.
    """
    with file.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
