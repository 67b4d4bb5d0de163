"""The forward keys as this process holds them: read now and then, used without the database."""

import logging
import threading
from collections.abc import Callable

from django.db import Error

from accounts.request_errors import Unavailable
from tokens.services.forward_keys import UnreadableKeys, ready_keys
from tokens.signing_keys import SigningKeys
from tokens.verify.clock import boot_seconds

FRESH_SECONDS = 8.0
"""After this they are read again, by a round that comes every two seconds: a rotation is noticed
within ten."""
MOST_SECONDS = 1800.0
"""After this, keys that could not be read again sign no more. It is well below the least time
between two rotations, after which nobody knows the key that was current then."""

logger = logging.getLogger("wardkey.forward")


class HeldKeys:
    """Keys that are read by ``refresh`` and used by whoever calls ``now``, on a loop too."""

    def __init__(self, read: Callable[[], SigningKeys] = ready_keys) -> None:
        self._read = read
        self._refreshing = threading.Lock()
        self._held: tuple[SigningKeys, float] | None = None
        self._fault: type[Exception] | None = None

    def now(self, *, within: float = MOST_SECONDS) -> SigningKeys:
        """Return the keys, at once and without the database.

        Args:
            within: how many seconds ago they were read, at most.

        Raises:
            Unavailable: there are none, or none that may be used any longer.
        """
        held = self._held
        if held is None or boot_seconds() - held[1] > within:
            raise Unavailable
        return held[0]

    def refresh(self) -> None:
        """Read the keys from the database.

        Raises:
            Error, UnreadableKeys: what was held before is held further.
        """
        began = boot_seconds()
        self._held = self._read(), began

    def fresh(self, *, within: float = MOST_SECONDS) -> SigningKeys:
        """Return the keys, read again if they are not fresh; for who may wait for the database.

        Args:
            within: how old they may be where they cannot be read again.

        Raises:
            Unavailable: there are none, or none that may be used any longer.
        """
        held = self._held
        is_fresh = held is not None and boot_seconds() - held[1] < FRESH_SECONDS
        if not is_fresh and self._refreshing.acquire(blocking=held is None):
            try:
                self.refresh()
            except (Error, UnreadableKeys) as fault:
                self._tell(fault)
            else:
                self._tell(None)
            finally:
                self._refreshing.release()
        return self.now(within=within)

    def _tell(self, fault: Exception | None) -> None:
        """Have the log tell that the keys cannot be read, or can again; only when that changes."""
        kind = None if fault is None else type(fault)
        if fault is not None and kind is not self._fault:
            logger.warning("the forward keys cannot be read: %s", fault)
        elif fault is None and self._fault is not None:
            logger.warning("the forward keys can be read again")
        self._fault = kind

    def forget(self) -> None:
        """Hold none, and know of nothing that went wrong."""
        self._held = self._fault = None


HELD = HeldKeys()
"""This process's; forked workers begin with those of their parent."""
