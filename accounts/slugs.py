"""Slugs: what names a thing in an address. Pure but for chance in ``make_slug``."""

import re
import secrets
import unicodedata

PATTERN = r"[a-z0-9][a-z0-9-]*[a-z0-9]"
LEAST, MOST = 2, 100

_SLUG = re.compile(PATTERN)
_SUFFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_SUFFIX_LENGTH = 8


def is_slug(text: str) -> bool:
    """Say whether ``text`` can be a slug (``contract.md`` section 4)."""
    return LEAST <= len(text) <= MOST and _SLUG.fullmatch(text) is not None


def make_slug(name: str) -> str:
    """Return a slug that looks like ``name`` and ends in a random suffix.

    Letters lose their accents; what is not Latin is left out, so any name
    yields one. The suffix has 31 ** 8, about 850 billion, values.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: MOST - _SUFFIX_LENGTH - 1].strip("-")
    suffix = "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(_SUFFIX_LENGTH))
    return f"{stem}-{suffix}" if stem else suffix
