"""Every refusal as a problem document (RFC 9457; ``contract.md`` section 3).

One writer serves DRF's views and, through ``config/refusals.py``, plain views, the router,
CSRF, bad hosts and crashes: whatever is raised becomes a ``DomainError``, and that is written
here. An unexpected exception is logged under its ``errorId`` and tells no more.
"""

import inspect
import json
import logging
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from drf_problems import PROBLEM_EXCEPTION_MAP
from drf_problems.utils import register_exception
from rest_framework import exceptions

from accounts.errors import DomainError, NotAllowed
from accounts.redaction import redact, redact_all
from accounts.request_errors import (
    MalformedRequest,
    MethodNotAllowed,
    NoSuchAddress,
    NotAcceptable,
    Unavailable,
    UnsupportedMediaType,
)

CONTENT_TYPE = "application/problem+json"
TITLES = {413: "Content Too Large", 422: "Unprocessable Entity"}
"""Where the phrase depends on Python's version, ours."""

OAUTH_ERRORS = {
    401: "invalid_token",
    403: "insufficient_scope",
    429: "temporarily_unavailable",
    500: "server_error",
    503: "temporarily_unavailable",
}
"""RFC 6749's and RFC 6750's words for a status; for any other it is ``invalid_request``."""

logger = logging.getLogger("wardkey.errors")


def problem_document(error: DomainError, *, path: str, request_id: str) -> dict[str, Any]:
    """Return the document of ``error``, JSON-like, without anything of a secret's form."""
    document = {
        "type": problem_type(error.page),
        "title": title_of(error.status),
        "status": error.status,
        "detail": error.detail,
        "instance": path,
        "code": error.code,
        "errorId": request_id,
        "errors": error.errors,
    }
    if path.removeprefix("/api").startswith("/oauth/"):
        # What OAuth clients look for (RFC 6749 section 5.2).
        document |= {"error": OAUTH_ERRORS.get(error.status, "invalid_request")}
        document |= {"error_description": error.detail}
    shown: dict[str, Any] = redact_all(document)
    return shown


def written(document: dict[str, Any]) -> bytes:
    """Return a problem document as it goes over the wire."""
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return content.encode("utf-8", "replace")


def title_of(status: int) -> str:
    """Return the phrase of an HTTP status."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def problem_type(page: str) -> str:
    """Return the address of a problem's page."""
    base = settings.WARDKEY_PROBLEMS_URL or f"{settings.WARDKEY_PUBLIC_URL}/problems"
    return f"{base}/{page}"


def problem_response(error: DomainError, request: HttpRequest) -> HttpResponse:
    """Return the answer that tells ``error``."""
    request_id = getattr(request, "request_id", None) or str(uuid.uuid4())
    document = problem_document(error, path=request.path, request_id=request_id)
    return HttpResponse(
        written(document),
        status=error.status,
        content_type=CONTENT_TYPE,
        headers={name: redact(value) for name, value in error.headers.items()},
    )


def problem_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Answer an exception of a DRF view; None for a bug, which ``server_error`` answers."""
    error = as_refusal(exc)
    return None if error is None else problem_response(error, context["request"]._request)  # noqa: SLF001


def as_refusal(exc: Exception) -> DomainError | None:
    """Return the refusal that ``exc`` means; None for an exception that is a bug."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, OperationalError | InterfaceError):
        logger.error("the database cannot be used", exc_info=exc)
        return Unavailable()
    for kind, refusal in _MEANINGS:
        if isinstance(exc, kind):
            return refusal(exc)
    return None


_MEANINGS: list[tuple[type[Exception], Callable[[Any], DomainError]]] = [
    (Http404, lambda _: no_such_address()),
    (exceptions.NotFound, lambda _: no_such_address()),
    (PermissionDenied, lambda _: NotAllowed("This is not allowed.")),
    (exceptions.MethodNotAllowed, lambda exc: MethodNotAllowed(str(exc.detail))),
    (
        exceptions.NotAcceptable,
        lambda _: NotAcceptable("This address answers in application/json."),
    ),
    (
        exceptions.UnsupportedMediaType,
        lambda _: UnsupportedMediaType("The body must be application/json."),
    ),
    (exceptions.ParseError, lambda _: MalformedRequest("The request cannot be read.")),
]


def no_such_address() -> NoSuchAddress:
    """Return the refusal for a path that the router does not know."""
    return NoSuchAddress("Nothing answers at this address.")


def publish_catalogue() -> None:
    """Make drf-problems' registry hold our refusals, and them alone."""
    PROBLEM_EXCEPTION_MAP.clear()
    for page, error in DomainError.catalogue.items():
        facts = {
            "default_code": page,
            "status_code": error.status,
            "title": error.code,
            "description": inspect.cleandoc(error.__doc__ or ""),
        }
        register_exception(type(error.__name__, (exceptions.APIException,), facts))
