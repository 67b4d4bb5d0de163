"""Reading the credential of a request (``contract.md`` section 1; RFC 6750 section 2.1)."""

import re
from dataclasses import dataclass, field

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request carries: ``sent`` says whether anything, ``text`` is it if readable."""

    sent: bool
    text: str | None = field(default=None, repr=False)


def read_credential(
    authorization: str | None, api_key: str | None = None, *, api_key_counts: bool = False
) -> Credential:
    """Return the one credential of these headers.

    Two of them are none: a header that came twice arrives joined by a comma, which no
    credential has.

    Args:
        api_key: the header ``X-Api-Key``, None where it is switched off.
        api_key_counts: whether this door takes an API key in place of ``Authorization``.
    """
    if authorization is not None and api_key is not None:
        return Credential(sent=True)
    if authorization is not None:
        found = _BEARER.fullmatch(authorization)
        return Credential(sent=True, text=found[1] if found else None)
    if api_key is not None and api_key_counts:
        return Credential(sent=True, text=api_key)
    return Credential(sent=False)
