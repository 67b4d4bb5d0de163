"""Waiter: one verify that waits for the database."""

import asyncio
from collections.abc import Sequence

from tokens.verify.statements import Found, Tokens


class NoVerdict(Exception):
    """The database could not be asked in time: there is no verdict, neither good nor bad."""


class Waiter:
    """One verify: the digests that its token may be kept under, and until when it waits.

    ``future`` is what was found, or ``NoVerdict``; whoever comes first settles it.
    """

    __slots__ = ("deadline", "digests", "future")

    def __init__(
        self, digests: Sequence[bytes], deadline: float, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.digests, self.deadline = digests, deadline
        self.future: asyncio.Future[Found | None] = loop.create_future()

    def tell(self, found: Tokens) -> None:
        """Settle it by what was found for its batch."""
        if not self.future.done():
            known = (found[digest] for digest in self.digests if digest in found)
            self.future.set_result(next(known, None))

    def refuse(self) -> None:
        """Settle it without a verdict."""
        if not self.future.done():
            self.future.set_exception(NoVerdict())
