"""Moves to the first server key: noted when a token is judged, written apart from any request.

Older keys can go once no live token is kept under them (``docs/operate.md``).
"""

from contextlib import suppress
from uuid import UUID

from django.db import transaction

from accounts.keys import key_ring
from accounts.services.locks import hold_epoch
from tokens.models import Token
from tokens.verify.snapshot import TokenSnapshot

MOST_NOTED = 10_000
"""More are noted when they are used again."""

# As with the notes of last use, each step on it is one that threads cannot cut in two.
_noted: dict[UUID, tuple[str, bytes, str]] = {}


def note_move(snapshot: TokenSnapshot, digest: bytes) -> None:
    """Note that a token is kept under another key than the first, if it is.

    Args:
        digest: the token's under the first key.
    """
    first = key_ring().first
    if snapshot.key_id != first.id and len(_noted) < MOST_NOTED:
        _noted[snapshot.token_id] = (snapshot.key_id, digest, first.id)


def write_moves() -> int:
    """Keep what was noted under the first key, and return how many tokens were moved.

    Raises:
        Error: the database's; what was not moved is noted again when it is used.
    """
    moved = 0
    with suppress(KeyError):  # another thread has taken the last one
        while _noted:
            token_id, (old, digest, new) = _noted.popitem()
            with transaction.atomic(durable=True):
                hold_epoch()
                held = Token.objects.filter(pk=token_id, key_id=old)
                moved += held.update(digest=digest, key_id=new)
    return moved
