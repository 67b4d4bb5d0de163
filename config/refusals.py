"""How a refusal outside DRF is told: to people as a page, to programs as a problem document.

The router's 404, CSRF, a bad Host, a plain view's refusal and a crash all come here.
"""

import sys
from collections.abc import Callable

from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.errors import DomainError, NoIdentity, NotAllowed
from accounts.redaction import redact
from accounts.request_errors import ForgedRequest, MalformedRequest, ServerFault
from accounts.web.middleware import is_page
from accounts.web.words import said
from config.api.problems import as_refusal, no_such_address, problem_response


class RefusalMiddleware:
    """Tells what plain views raise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Tell a refusal; a bug goes on to Django's own handling."""
        error = as_refusal(exc)
        return None if error is None else tell(error, request)


def tell(error: DomainError, request: HttpRequest) -> HttpResponse:
    """Return the answer that tells ``error``: a page below ``/console/`` and ``/admin/``."""
    if not is_page(request.path):
        return problem_response(error, request)
    facts = {
        "status": error.status,
        "title": _title(error.status),
        "detail": redact(said(error.detail)),
        "error_id": getattr(request, "request_id", ""),
    }
    response = render(None, "errors/refused.html", facts, status=error.status)
    for name in ("Retry-After", "Allow"):
        if name in error.headers:
            response[name] = error.headers[name]
    return response


def _title(status: int) -> str:
    """Return what a page that tells a status is headed by."""
    titles = {
        401: _("Your session has ended"),
        403: _("This is not allowed"),
        404: _("There is nothing here"),
        429: _("Too many tries"),
        500: _("Something went wrong"),
        503: _("Back in a moment"),
    }
    return titles.get(status) or _("This cannot be done")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Tell what Django finds suspicious: a bad Host, for one (``handler400``).

    Also of a session that was ended elsewhere while it was used.
    """
    if isinstance(exception, SessionInterrupted):
        return tell(NoIdentity(sent=True), request)
    detail = "The request cannot be read, or its Host is not one of this installation."
    return tell(MalformedRequest(detail), request)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Tell a refusal by Django itself (``handler403``)."""
    return tell(NotAllowed("This is not allowed."), request)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Tell of an address that nothing stands at (``handler404``)."""
    return tell(no_such_address(), request)


def server_error(request: HttpRequest) -> HttpResponse:
    """Tell of a bug (``handler500``), which the log has under the same ``errorId``.

    A database that went away before any view was reached is no bug.
    """
    raised = sys.exc_info()[1]
    error = as_refusal(raised) if isinstance(raised, Exception) else None
    return tell(error or ServerFault(), request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Tell of a form without its CSRF token (``CSRF_FAILURE_VIEW``)."""
    return tell(ForgedRequest("The form's CSRF token is missing or wrong."), request)
