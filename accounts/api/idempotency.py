"""``Idempotency-Key``: read from a request, told in its answer (``contract.md`` section 5)."""

import re
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Fault, invalid
from accounts.redaction import holds_secret
from accounts.services.once import Once

LONGEST_KEY = 255
KEY = rf"[\x20-\x7e]{{1,{LONGEST_KEY}}}"

_KEY = re.compile(KEY)


def read_once(request: Request, body: Any) -> Once | None:
    """Return what the header promises about ``body``; None without one.

    Raises:
        InvalidRequest: it is not 1 to 255 printable ASCII characters, or holds a secret.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key) or holds_secret(key):
        message = "must be 1 to 255 printable ASCII characters, none of them a secret"
        raise invalid([Fault(location="header.Idempotency-Key", message=message)])
    return Once(key, body)


def created(body: Any, place: str, once: Once | None) -> Response:
    """Return 201 with ``Location``, or 200 for a repeat that made nothing."""
    if once is not None and once.replayed:
        return Response(body, headers={"Location": place, "Idempotent-Replayed": "true"})
    return Response(body, status=201, headers={"Location": place})
