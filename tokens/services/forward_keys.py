"""The forward keys: made, opened, rotated, and sealed anew when a server key is rotated.

There are always three (``docs/decisions/0012-identities-are-signed-by-es256.md``). A key is told
as the next one before it signs, and as the previous one after, so that whoever has had the key
set for less than ``PAUSE`` knows every key that signs.
"""

import logging
from datetime import datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from django.db import transaction
from django.utils import timezone

from accounts.keys import key_ring
from accounts.seals import seal, unseal
from accounts.services.locks import hold_shared
from tokens.models import ForwardKey
from tokens.signing_keys import ALGORITHM, SigningKey, SigningKeys

PAUSE = timedelta(hours=1)
"""The least time between two rotations: how old a key set may be that somebody goes by."""

_LABEL = "forward keys"
_NEXT = ForwardKey.Place.NEXT
_CURRENT = ForwardKey.Place.CURRENT
_PREVIOUS = ForwardKey.Place.PREVIOUS

logger = logging.getLogger("wardkey.forward")


class UnreadableKeys(Exception):
    """A forward key cannot be opened; says why and what to do."""


class TooSoon(Exception):
    """Somebody may still hold a key set without the next key; ``until`` then."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


def ready_keys() -> SigningKeys:
    """Return the three keys, and make them if there are none yet.

    Of several processes that come first at once, one makes them.

    Raises:
        UnreadableKeys: see there.
    """
    return _read_keys() or make_missing_keys()


@transaction.atomic(durable=True)
def make_missing_keys() -> SigningKeys:
    """Make a key for every place that has none, and return all.

    Raises:
        UnreadableKeys: see there.
    """
    _hold()
    return _made_whole()


@transaction.atomic(durable=True)
def rotate_forward_key() -> tuple[SigningKeys, bool]:
    """Let the next key sign from now on, and make another next one.

    Return the three, and whether that was done: where there is no next key yet, keys are made and
    nothing is rotated.

    Raises:
        TooSoon: the next key is younger than ``PAUSE``.
        UnreadableKeys: see there.
    """
    _hold()
    following = ForwardKey.objects.filter(place=_NEXT).first()
    if following is None:
        return _told("made", _made_whole()), False
    until = following.created_at + PAUSE
    if timezone.now() < until:
        raise TooSoon(until)
    ForwardKey.objects.filter(place=_PREVIOUS).delete()
    ForwardKey.objects.filter(place=_CURRENT).update(place=_PREVIOUS)
    ForwardKey.objects.filter(place=_NEXT).update(place=_CURRENT)
    return _told("rotated", _made_whole()), True


@transaction.atomic(durable=True)
def replace_forward_keys() -> SigningKeys:
    """Make all three keys anew; nothing that the old ones have signed is good any longer."""
    _hold()
    ForwardKey.objects.all().delete()
    return _told("replaced", _made_whole())


@transaction.atomic(durable=True)
def reseal_forward_keys() -> list[ForwardKey]:
    """Seal every key under the first server key, so that the others can be retired.

    Return those that do not open.
    """
    shut = []
    first = key_ring().first.id
    _hold()
    for row in ForwardKey.objects.order_by("pk"):
        content = unseal(_LABEL, row.sealed)
        if content is None:
            shut.append(row)
        elif row.key_id != first:
            held = ForwardKey.objects.filter(pk=row.pk)
            held.update(key_id=first, sealed=seal(_LABEL, content))
    return shut


def why_shut(row: ForwardKey) -> str:
    """Return why a key does not open, and what to do."""
    if row.key_id in key_ring().by_id:
        return (
            f"forward key {row.kid} does not open under {row.key_id!r}: it was changed; run:"
            " manage.py rotate_forward_key --replace-all"
        )
    return (
        f"server key {row.key_id!r} is not loaded; put it back into WARDKEY_SECRET_KEYS, or, if it"
        " is lost, run: manage.py rotate_forward_key --replace-all"
    )


def _read_keys() -> SigningKeys | None:
    """Return the three keys, None unless all are there."""
    found = {row.place: _opened(row) for row in ForwardKey.objects.all()}
    if len(found) < len(ForwardKey.Place):
        return None
    return SigningKeys(found[_NEXT], found[_CURRENT], found[_PREVIOUS])


def _opened(row: ForwardKey) -> SigningKey:
    content = unseal(_LABEL, row.sealed)
    if content is None:
        raise UnreadableKeys(why_shut(row))
    try:
        return SigningKey.read(content)
    except (ValueError, UnsupportedAlgorithm):
        raise UnreadableKeys(
            f"forward key {row.kid} is no key for {ALGORITHM}; run:"
            " manage.py rotate_forward_key --replace-all"
        ) from None


def _made_whole() -> SigningKeys:
    """Make a key for every place that has none, and return all."""
    found = {row.place: _opened(row) for row in ForwardKey.objects.all()}
    for place in ForwardKey.Place:
        if place not in found:
            found[place] = _made(place)
    return SigningKeys(found[_NEXT], found[_CURRENT], found[_PREVIOUS])


def _made(place: str) -> SigningKey:
    key = SigningKey.make()
    ForwardKey.objects.create(
        kid=key.kid, place=place, key_id=key_ring().first.id, sealed=seal(_LABEL, key.content)
    )
    return key


def _hold() -> None:
    """Be the only one who changes the keys, until the transaction ends.

    By no row: in the beginning there is none. (``migrate`` has a lock of one number.)
    """
    hold_shared("SELECT pg_advisory_xact_lock(hashtext('forward keys'), 0)")


def _told(done: str, keys: SigningKeys) -> SigningKeys:
    """Have the log tell of it, once it is done."""
    told = {"next": keys.next.kid, "current": keys.current.kid, "previous": keys.previous.kid}
    transaction.on_commit(lambda: logger.info("forward keys %s", done, extra=told))
    return keys
