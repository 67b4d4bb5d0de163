"""The server keys, and every key that is derived from them.

The database holds digests alone; what turns a secret into its digest is a
server key, which never enters the database (``contract.md`` section 5). Up to
three are loaded, newest first: the first signs, all verify. Each purpose has a
key of its own, derived with HKDF under a label, so that what is made for one
purpose means nothing to another.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

MOST_KEYS = 3
LEAST_BYTES = 32
HOW_TO_MAKE_ONE = 'echo "k1:$(openssl rand -base64 32)"'

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class BadKeys(ValueError):
    """The text of the server keys cannot be used; the message never quotes a key."""


@dataclass(frozen=True, slots=True)
class ServerKey:
    """One server key: its id, which is stored beside what it made, and its bytes."""

    id: str
    material: bytes = field(repr=False)

    def derive(self, label: str) -> bytes:
        """Return the 32 bytes that serve the purpose ``label``, and no other."""
        return _derive(self.material, label)

    def mac(self, label: str, data: bytes) -> bytes:
        """Return HMAC-SHA-256 of ``data`` (32 bytes) under the key for ``label``."""
        return hmac.digest(self.derive(label), data, hashlib.sha256)

    @property
    def fingerprint(self) -> str:
        """What may be stored to recognize the key by: 64 hex digits that tell nothing of it."""
        return self.mac("fingerprint", self.id.encode()).hex()


class KeyRing:
    """The loaded server keys, newest first."""

    def __init__(self, keys: tuple[ServerKey, ...]) -> None:
        self.keys = keys
        self.first = keys[0]
        self.by_id = {key.id: key for key in keys}

    def __iter__(self) -> Iterator[ServerKey]:
        return iter(self.keys)

    def matches(self, label: str, data: bytes, digest: bytes) -> bool:
        """Say whether ``digest`` was made of ``data`` by any loaded key, in constant time."""
        found = [hmac.compare_digest(key.mac(label, data), digest) for key in self.keys]
        return any(found)


def key_ring() -> KeyRing:
    """Return the ring of ``settings.WARDKEY_SECRET_KEYS``."""
    return _ring(settings.WARDKEY_SECRET_KEYS)


def parse_keys(text: str) -> tuple[ServerKey, ...]:
    """Read ``id:key`` pairs, newest first, separated by commas or line breaks.

    A key is base64 (either alphabet) of at least 32 random bytes.

    Raises:
        BadKeys: none, more than three, a doubled or malformed id, a key too short.
    """
    pairs = [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]
    if not 1 <= len(pairs) <= MOST_KEYS:
        raise BadKeys(f"give one to {MOST_KEYS} keys as id:key, newest first")
    keys = tuple(_parse_key(at, pair) for at, pair in enumerate(pairs, 1))
    if len({key.id for key in keys}) < len(keys) or len({key.material for key in keys}) < len(keys):
        raise BadKeys("two keys share an id or are the same key")
    return keys


def make_key_file(path: Path) -> None:
    """Write one fresh key to ``path`` (mode 0600), unless the file is there already.

    Two processes may start at once: the file appears whole or not at all, and
    the first one stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    line = f"k{secrets.token_hex(4)}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}\n"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _parse_key(at: int, pair: str) -> ServerKey:
    key_id, colon, encoded = pair.partition(":")
    if not colon or not _ID.fullmatch(key_id):
        raise BadKeys(f"key {at} is not of the form id:key")
    try:
        standard = encoded.strip().translate(str.maketrans("-_", "+/")).rstrip("=")
        material = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadKeys(f"key {at} is not base64") from None
    if len(material) < LEAST_BYTES:
        raise BadKeys(f"key {at} has {len(material)} bytes; {LEAST_BYTES} are the least")
    return ServerKey(key_id, material)


@cache
def _derive(material: bytes, label: str) -> bytes:
    info = f"wardkey/{label}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(material)


@lru_cache(maxsize=8)
def _ring(keys: tuple[ServerKey, ...]) -> KeyRing:
    return KeyRing(keys)
