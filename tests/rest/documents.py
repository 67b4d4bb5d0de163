"""What the contract says of every answer, asked in one place."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from tests.clients import Answer
from tokens.models import Token

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
MEMBERS = ["type", "title", "status", "detail", "instance", "code", "errorId", "errors"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SECRET = re.compile(r"wdk_[0-9A-Za-z]{38}")


UNUSED: dict[str, Any] = {"usage": {"addresses": [], "userAgents": [], "scopes": []}}
"""What a token's own page tells beside its metadata, as long as nobody has used it."""


def refused(answer: Answer, status: int, code: str | None = None) -> dict[str, Any]:
    """Check that ``answer`` is a whole problem document of ``status``, and return it."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    document: dict[str, Any] = answer.json()
    assert list(document) == MEMBERS
    assert document["status"] == status
    assert document["title"] == TITLES[status]
    assert document["type"].startswith(f"{settings.WARDKEY_PUBLIC_URL}/problems/")
    assert document["instance"] == answer.wsgi_request.path
    assert document["errorId"] == answer.headers["X-Request-Id"]
    for fault in document["errors"]:
        assert set(fault) in ({"location", "message"}, {"location", "message", "value"})
        assert re.match(r"(body|path|query|header)\b", fault["location"])
    if code is not None:
        assert document["code"] == code
    return document


def places(answer: Answer, status: int = 422, code: str | None = None) -> list[str]:
    """Return the locations of what a refusal finds at fault."""
    return [fault["location"] for fault in refused(answer, status, code)["errors"]]


def without_this_case(answer: Answer) -> dict[str, Any]:
    """Return a document without the two members that say which request it was."""
    document: dict[str, Any] = answer.json()
    return {name: document[name] for name in document if name not in {"instance", "errorId"}}


def within(**span: int) -> str:
    """Return the time in so long, as a client writes it."""
    moment = (timezone.now() + timedelta(**span)).astimezone(UTC).replace(microsecond=0)
    return moment.isoformat().replace("+00:00", "Z")


def read_time(text: str) -> datetime:
    """Return a time of the wire as an aware one."""
    return datetime.fromisoformat(text)


def expire(*slugs: str) -> None:
    """Let the tokens with these slugs have ended a second ago."""
    past = timezone.now() - timedelta(seconds=1)
    assert Token.objects.filter(slug__in=slugs).update(expires_at=past) == len(slugs)


Change = Callable[[], object]
