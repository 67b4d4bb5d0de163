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
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",  # JWTs (RFC 7519)
)


def holds_secret(text: str) -> bool:
    """Say whether ``text`` holds something with the form of a secret, of a token's or another."""
    return _pattern(tuple(settings.WARDKEY_TOKEN_PREFIXES)).search(text) is not None


def redact(text: str) -> str:
    """Return ``text`` with every token's secret, refresh token, invitation and JWT replaced."""
    return _pattern(tuple(settings.WARDKEY_TOKEN_PREFIXES)).sub(REDACTED, text)


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
    ours = rf"(?:{'|'.join(map(re.escape, prefixes))})_[0-9A-Za-z]{{38}}"
    return re.compile("|".join([ours, *_OTHERS]))
