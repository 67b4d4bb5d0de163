"""What must never be shown: strings that have the form of a secret.

People paste secrets into the wrong place. Whatever holds one is left out of
answers, logs and audit (``contract.md`` section 3), so it is found by its form.
"""

import re
from functools import lru_cache
from typing import Any

from django.conf import settings

REDACTED = "[redacted]"

_OTHERS = (
    r"wdr_[0-9A-Za-z_-]{40,}",  # our refresh tokens
    r"wdi_[0-9A-Za-z_-]{40,}",  # the marks of invitations, which stand in addresses
    # JWTs (RFC 7519). Whether three parts follow is asked once for each, at its start: asked at
    # each "eyJ", a long text of nothing else would be read over and over.
    (
        r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]++\.[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8})"
        r"(?P<before>[A-Za-z0-9_-]*?)eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"
    ),
)


def holds_secret(text: str) -> bool:
    """Say whether ``text`` holds something with the form of a secret, of a token's or another."""
    return _pattern(tuple(settings.WARDKEY_TOKEN_PREFIXES)).search(text) is not None


def redact(text: str) -> str:
    """Return ``text`` with every token's secret, refresh token, invitation and JWT replaced."""
    return _pattern(tuple(settings.WARDKEY_TOKEN_PREFIXES)).sub(rf"\g<before>{REDACTED}", text)


def redact_all(value: Any) -> Any:
    """Return JSON-like ``value`` with every text in it redacted, member names too."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(name): redact_all(part) for name, part in value.items()}
    if isinstance(value, list):
        return [redact_all(part) for part in value]
    return value


@lru_cache(maxsize=8)
def _pattern(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    # A piece that is long enough to find the rest of it counts as the whole.
    ours = rf"(?:{'|'.join(map(re.escape, prefixes))})_[0-9A-Za-z]{{24,}}"
    return re.compile("|".join([ours, *_OTHERS]))
