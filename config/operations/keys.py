"""Whether the loaded server keys are those that this database was used with.

A lost key must not be found out by users one by one: what is missing is named at
start, with how many live tokens hang on it.
"""

from collections import Counter

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from accounts.keys import key_ring
from accounts.models import KeyFingerprint
from accounts.services.second_factors import reseal_second_factors
from tokens.models import Token
from tokens.services.forward_keys import UnreadableKeys, reseal_forward_keys, why_shut
from tokens.services.held_keys import HELD


def key_faults(live_tokens: dict[str, int]) -> list[str]:
    """Return what is wrong with the loaded server keys, for this database.

    A key that is not the one that was used under its id, or that live tokens need and
    that is not loaded, is named; nothing is changed.

    Args:
        live_tokens: how many live tokens there are by key id, see ``live_tokens_by_key``.
    """
    ring = key_ring()
    stored = dict(KeyFingerprint.objects.values_list("key_id", "fingerprint"))
    faults = [
        f"server key {key.id!r} is not the one that this database was used with; put the old key"
        " back under that id, or give yours a new id"
        for key in ring
        if stored.get(key.id, key.fingerprint) != key.fingerprint
    ]
    return faults + [
        f"server key {key_id!r} is not loaded, and {_hang(count, 'live token')} on it;"
        " put it back into WARDKEY_SECRET_KEYS"
        for key_id, count in live_tokens.items()
        if key_id not in ring.by_id
    ]


def remember_keys() -> None:
    """Store the fingerprints of the loaded keys that this database has not seen yet."""
    for key in key_ring():
        KeyFingerprint.objects.get_or_create(
            key_id=key.id, defaults={"fingerprint": key.fingerprint}
        )


def live_tokens_by_key() -> dict[str, int]:
    """Return how many live tokens (not revoked, not expired) have their digest under each key."""
    live = Token.objects.not_ended(timezone.now()).order_by()
    return dict(live.values_list("key_id").annotate(count=Count("pk")))


def second_factor_faults() -> list[str]:
    """Seal second factors under the first server key; return which keys are lacking for that.

    Done at each start, since a rotation restarts every process: nothing hangs on the old
    key when it is taken out.
    """
    return [
        f"server key {key_id!r} is not loaded, and {_hang(count, 'second factor')} on it;"
        " put it back into WARDKEY_SECRET_KEYS"
        for key_id, count in reseal_second_factors().items()
    ]


def forward_key_faults() -> list[str]:
    """Seal the forward keys under the first server key, and hold them; return why they do not open.

    Those that sign nothing now are sealed too: ``WARDKEY_FORWARD_JWT`` may be put on again.
    """
    shut = reseal_forward_keys()
    if not settings.WARDKEY_FORWARD_JWT:
        return []
    loaded = key_ring().by_id
    lost = Counter(row.key_id for row in shut if row.key_id not in loaded)
    faults = [
        f"server key {key_id!r} is not loaded, and {_hang(count, 'forward key')} on it; put it back"
        " into WARDKEY_SECRET_KEYS, or run: manage.py rotate_forward_key --replace-all"
        for key_id, count in lost.items()
    ]
    faults += [why_shut(row) for row in shut if row.key_id in loaded]
    return faults or _reading_faults()


def _reading_faults() -> list[str]:
    try:
        HELD.refresh()
    except UnreadableKeys as fault:
        return [f"The forward keys cannot be read: {fault}"]
    return []


def _hang(count: int, what: str) -> str:
    """Return how many hang, as a sentence says it."""
    return f"1 {what} hangs" if count == 1 else f"{count} {what}s hang"
