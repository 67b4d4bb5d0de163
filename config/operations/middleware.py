"""What happens around every request: its id, the caller's address, headers, the access log.

And the wait after a loss of rights, where no server of ours holds the answer back.
"""

import logging
import time
from collections.abc import Callable
from typing import cast
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from accounts import losses
from accounts.addresses import caller_address
from accounts.api.parsers import MAX_BODY_BYTES, too_large
from accounts.counters import count
from accounts.request_errors import MalformedRequest
from accounts.web.middleware import is_page
from config.api.problems import no_such_address
from config.operations.logs import request_id as current_request_id
from config.operations.request_ids import settled_id
from config.refusals import tell

GetResponse = Callable[[HttpRequest], HttpResponse]

_ANY_HOST = {"/healthz", "/readyz", "/tokens/validate", "/api/tokens/validate"}
"""Asked by machines that know an address and no name, or pass on their own client's Host;
nothing in the answers comes from it."""
_PUBLIC = ("/static/", "/problems/", "/openapi.", "/docs/", "/.well-known/")

access_log = logging.getLogger("wardkey.access")


class WaitMiddleware:
    """Holds back what takes rights away (``accounts/losses.py``) under a server that does not.

    It blocks a thread. An answer that streams has left before it takes anything away; what does so
    then waits for itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Wait once after the request, if anything in it owes that."""
        if losses.is_noted():
            return self.get_response(request)
        owed = losses.Owed()
        losses.note_in(owed)
        try:
            response = self.get_response(request)
        finally:
            losses.note_in(None)
        if owed.settle():
            losses.wait()
        return response


class RequestIdMiddleware:
    """Gives the request its id, its scheme and the caller's address; the answer ``X-Request-Id``.

    The scheme is the public URL's: the server itself always speaks plain http, to a proxy.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Keep a well-formed incoming id that holds no secret, else make one."""
        given = settled_id(request.headers.get("X-Request-Id", ""))
        request.META["WARDKEY_SCHEME"] = urlsplit(settings.WARDKEY_PUBLIC_URL).scheme
        request.request_id = given  # type: ignore[attr-defined]
        request.client_address = caller_address(  # type: ignore[attr-defined]
            request.META.get("REMOTE_ADDR", ""),
            request.headers.get("X-Forwarded-For", ""),
            settings.WARDKEY_TRUSTED_PROXIES,
        )
        token = current_request_id.set(given)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-Id"] = given
        return response


class AccessLogMiddleware:
    """Writes one line for each request, without its query, headers or body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Log method, path, status, milliseconds and who asked."""
        begun = time.perf_counter()
        response = self.get_response(request)
        actor = getattr(request, "actor", None)
        facts = {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "ms": round((time.perf_counter() - begun) * 1000, 1),
            "address": request.client_address,  # type: ignore[attr-defined]
            "organization": str(actor.organization_id) if actor else None,
            "actor": str(actor.id) if actor else None,
        }
        access_log.info("request", extra=facts)
        count("wardkey_answers", str(response.status_code))
        return response


class HeadersMiddleware:
    """The headers that every answer has (``contract.md`` section 1)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Forbid storing what is not public, guessing types, and active content."""
        response = self.get_response(request)
        is_public = request.path.startswith(_PUBLIC) and response.status_code < 400  # noqa: PLR2004
        if not is_public:
            response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        response.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
            " form-action 'self'; frame-ancestors 'none'",
        )
        return response


class AddressMiddleware:
    """Refuses a Host that is not ours, and a path that holds NUL or is not UTF-8 (400)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the path as it was sent, before decoding could hide anything.

        Raises:
            DisallowedHost: Django answers it by ``handler400``.
        """
        if request.path not in _ANY_HOST:
            request.get_host()
        path = _raw_path(request)
        if not _is_readable(unquote_to_bytes(path)):
            return tell(MalformedRequest("The path is not UTF-8 text."), request)
        if b"%2f" in path.lower():
            # A gateway that rules by path sees one segment here, the router would see two.
            return tell(no_such_address(), request)
        return self.get_response(request)


class PagesMiddleware:
    """Puts ``WARDKEY_PAGE_MIDDLEWARE`` around pages; programs are asked for no cookie.

    Browsers send the console's cookies to every address of ours. Outside the pages nothing can
    take one for a credential, set another, or make an answer vary by it (``contract.md``
    section 1), and no verdict pays for sessions. Those layers may wrap a request alone: their
    hooks for views and exceptions are not called.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._page = get_response
        for name in reversed(settings.WARDKEY_PAGE_MIDDLEWARE):
            layer = import_string(name)(self._page)
            self._page = cast("GetResponse", convert_exception_to_response(layer))  # all are sync

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand a page to its layers, and all else on, without what it has of cookies."""
        if is_page(request.path):
            # The server cuts what is larger, and half a form is not what somebody has sent.
            sent = request.META.get("CONTENT_LENGTH") or "0"
            is_too_large = not sent.isdecimal() or int(sent) > MAX_BODY_BYTES
            return tell(too_large(), request) if is_too_large else self._page(request)
        request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


def _raw_path(request: HttpRequest) -> bytes:
    """Return the path as ASGI has it, still quoted; under WSGI, which quotes nothing, as text."""
    scope = getattr(request, "scope", None)
    if scope is not None:
        return bytes(scope.get("raw_path") or scope["path"].encode())
    return str(request.META.get("PATH_INFO", "")).encode("utf-8", "replace")


def _is_readable(path: bytes) -> bool:
    try:
        return "\0" not in path.decode("utf-8")
    except UnicodeDecodeError:
        return False
