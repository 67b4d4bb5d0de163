"""Sealed texts: what only this installation can read, and nobody can change unnoticed.

Encrypted and authenticated under a key derived from the server keys, one label for each
purpose: the first server key seals, all that are loaded open (``contract.md`` section 5).
"""

import base64
from datetime import timedelta
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from accounts.keys import KeyRing, key_ring


def seal(label: str, content: bytes) -> str:
    """Return ``content`` sealed for the purpose ``label``: URL-safe text without padding."""
    return _sealer(key_ring(), label).encrypt(content).decode().rstrip("=")


def unseal(label: str, text: str, *, lifetime: timedelta | None = None) -> bytes | None:
    """Return what was sealed; None if it was not sealed here for ``label``, or is too old.

    Args:
        lifetime: how long a sealed text is good for; None asks for no age.
    """
    ttl = None if lifetime is None else int(lifetime.total_seconds())
    try:
        sealed = text.encode("ascii") + b"=" * (-len(text) % 4)
        return _sealer(key_ring(), label).decrypt(sealed, ttl=ttl)
    except (InvalidToken, UnicodeEncodeError):
        return None


@lru_cache(maxsize=64)
def _sealer(ring: KeyRing, label: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key.derive(label))) for key in ring])
