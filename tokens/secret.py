"""TokenSecret: the text that a program authenticates with (``contract.md`` section 5).

``prefix_`` + 32 characters from the operating system's generator + 6 characters,
the CRC-32 of all before them in base 62. What is kept is its digest,
HMAC-SHA-256 under a server key; the text itself exists in one answer only.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from functools import lru_cache

from django.conf import settings

from accounts.keys import ServerKey

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH, CHECK_LENGTH = 32, 6
SHOWN_LENGTH = 4

_VALUES = {ord(digit): value for value, digit in enumerate(ALPHABET)}


class TokenSecret:
    """A secret of the right form. ``str()`` gives its text; ``repr`` hides it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<TokenSecret {self.prefix}…>"

    @classmethod
    def mint(cls) -> "TokenSecret":
        """Return a new secret: 32 characters of 62 are 190 bits of chance."""
        chance = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
        body = f"{settings.WARDKEY_TOKEN_PREFIXES[0]}_{chance}"
        return cls(body + check_characters(body))

    @classmethod
    def parse(cls, text: str) -> "TokenSecret | None":
        """Return the secret if ``text`` has the form and its check characters are right."""
        good = looks_like_secret(text) and has_right_check(text.encode("ascii"))
        return cls(text) if good else None

    @property
    def prefix(self) -> str:
        """The start that is safe to show: the configured prefix and the next 4 characters."""
        return self._text[: -(RANDOM_LENGTH + CHECK_LENGTH) + SHOWN_LENGTH]

    def digest(self, key: ServerKey) -> bytes:
        """Return what is stored in its place: 32 bytes, HMAC-SHA-256 of the whole text."""
        return hmac.digest(key.material, self._text.encode("ascii"), hashlib.sha256)


class Digester:
    """Makes digests of many secrets under one server key, faster than one by one.

    ``TokenSecret.digest`` says what they are.
    """

    __slots__ = ("_mac",)

    def __init__(self, key: ServerKey) -> None:
        self._mac = hmac.new(key.material, digestmod=hashlib.sha256)

    def __call__(self, text: bytes) -> bytes:
        """Return the digest of a whole secret."""
        mac = self._mac.copy()
        mac.update(text)
        return mac.digest()


def check_characters(body: str) -> str:
    """Return the 6 check characters of ``body``: its CRC-32 (zlib's), base 62, zero-padded."""
    rest, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(CHECK_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def has_right_check(text: bytes) -> bool:
    """Say whether the check characters of what has the form of a secret are right.

    Asked on every verify, so it reads them as the number that they are.
    """
    number = 0
    for digit in text[-CHECK_LENGTH:]:
        number = number * len(ALPHABET) + _VALUES[digit]
    return zlib.crc32(text[:-CHECK_LENGTH]) == number


def looks_like_secret(text: str) -> bool:
    """Say whether ``text`` has the form of a secret, right or mistyped."""
    return _form(secret_form()).fullmatch(text) is not None


def secret_form() -> str:
    """Return the form of a secret as a regular expression, without groups."""
    names = "|".join(map(re.escape, settings.WARDKEY_TOKEN_PREFIXES))
    return rf"(?:{names})_[0-9A-Za-z]{{{RANDOM_LENGTH + CHECK_LENGTH}}}"


@lru_cache(maxsize=8)
def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
