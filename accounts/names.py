"""Names and other texts that people give: how they are kept, compared, searched and sorted.

Pure. A name is stored in Unicode's NFC and compared exactly; e-mail addresses
are compared without case and by NFKC, since people type them.
"""

import unicodedata

LONGEST_NAME = 200


def tidy(text: str) -> str:
    """Return ``text`` trimmed and in NFC, the one form in which it is stored."""
    return unicodedata.normalize("NFC", text.strip())


def has_control(text: str, *, allowed: str = "") -> bool:
    """Say whether ``text`` holds a control, or a character that reorders or hides others.

    Those are Unicode's Cc, Zl and Zp and the bidirectional controls (UAX #9); ``allowed``
    characters do not count.
    """
    return any(
        char not in allowed
        and (unicodedata.category(char) in {"Cc", "Zl", "Zp"} or char in _BIDIRECTIONAL)
        for char in text
    )


def fold(text: str) -> str:
    """Return the form of ``text`` in which parts of it are searched: without case, NFC."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def sort_key(text: str) -> bytes:
    """Return the bytes whose order is that of ``text`` by code point, on every database."""
    return text.encode("utf-8")


def camel(name: str) -> str:
    """Return a member's snake_case name as it goes on the wire."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def canonical_email(text: str) -> str:
    """Return the one spelling of an e-mail address that is stored and compared."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())


_BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
