"""What a person can read in an answer, apart from what is random in it."""

import re

_RANDOM = re.compile(r"[0-9A-Za-z_-]{32,}")
"""A secret, a part of a JWT, a cursor, an id: now and then, any short word stands in one."""


def readable(text: str) -> str:
    """Return a text without its long random parts, to look for a word that must not stand there."""
    return _RANDOM.sub("", text)
