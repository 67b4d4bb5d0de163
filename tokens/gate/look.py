"""Look: what our own server and the gate tell each other about a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tokens.gate.head import Head

if TYPE_CHECKING:  # it leads to models, which cannot be loaded before Django is set up
    from tokens.verify.asked import Asked

Headers = Sequence[tuple[bytes, bytes]]

LOOKED = "wardkey.looked"
"""The ASGI extension of our server, where it has looked already: its ``look`` is what it found, and
its ``write`` takes an answer as it goes over the wire, status line and headers apart from the body,
and says whether it has written it; if not, it is to be sent as ASGI has it."""


@dataclass(slots=True)
class Look:
    """What the first look has found.

    ``head`` and ``body`` may be told at once; where there is none, the database is to be asked
    about ``digests``, those of the token under each server key.
    """

    path: str
    request_id: bytes
    has_body: bool
    asked: "Asked"
    head: Head | None = None
    body: bytes = b""
    digests: Sequence[bytes] = ()


class Looks(Protocol):
    """What looks (``first_look.py``); an application gives it by ``first_look(port)``."""

    def at(self, raw_path: bytes, query: bytes, headers: Headers, peer: str) -> Look | None:
        """Return what can be told of a request; None if it is not the gate's. It raises nothing.

        Args:
            raw_path: as it was sent.
            headers: names in lower case.
            peer: the address that the connection came from, empty if there is none.
        """
