"""Middleware for Django: asks Wardkey, for each request, whose its token is and what it may do.

Settings: ``WARDKEY_URL``, and ``WARDKEY_TIMEOUT`` in seconds for each wait on the network (2).
Every view says what it needs, ``@wardkey(scope="write:releases")``, or that it is ``@public``.
"""

import re
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

import httpx
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse

View = TypeVar("View", bound=Callable[..., Any])
NEEDS = "wardkey_needs"
# RFC 6750. A header that came twice arrives joined by a comma, which no credential has.
BEARER = re.compile(r"Bearer +[A-Za-z0-9._~+/-]+=*", re.IGNORECASE)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True)
class Identity:
    """Who asks. Decide by the ids; the slug is for display and can be used again."""

    organization_id: str
    service_account_id: str
    service_account_slug: str
    token_id: str
    scopes: frozenset[str]


class WardkeyRequest(HttpRequest):
    """The request that a view gets whose token was good."""

    wardkey: Identity


def wardkey(scope: str | Sequence[str] = ()) -> Callable[[View], View]:
    """Mark a view as for tokens that hold ``scope``, all of them if there are several."""
    return lambda view: marked(view, scope)


def public(view: View) -> View:
    """Mark a view as open to everybody."""
    return marked(view, None)


def marked(view: View, needs: str | Sequence[str] | None) -> View:
    """Return a view that does the same and has the mark; ``view`` may get others elsewhere."""

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    setattr(wrapper, NEEDS, needs)
    if iscoroutinefunction(view):
        markcoroutinefunction(wrapper)
    return cast("View", wrapper)


class WardkeyMiddleware:
    """Lets a request through to its view when Wardkey says so, and on no other ground."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # One client for all threads, so that connections are reused. No proxy of the
        # environment gets to see tokens; the system's certificates are trusted.
        self.client = httpx.Client(
            timeout=getattr(settings, "WARDKEY_TIMEOUT", 2.0),
            limits=httpx.Limits(keepalive_expiry=60),  # before Wardkey closes, after 75 s
            verify=ssl.create_default_context(),
            trust_env=False,
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let Django resolve the view first, for the view says what it needs."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: Any
    ) -> HttpResponse | None:
        """Return the refusal, or None to let the view answer."""
        if not hasattr(view, NEEDS):  # what was forgotten is not open
            raise ImproperlyConfigured(f"{view!r} is neither @wardkey(...) nor @public")
        needed = getattr(view, NEEDS)
        if needed is None:
            return None
        credential = request.headers.get("Authorization", "")
        if not BEARER.fullmatch(credential):
            bearer = {"WWW-Authenticate": "Bearer"}
            return problem(401, "Send one Authorization: Bearer with a token.", bearer)
        headers = {"Authorization": credential}
        if REQUEST_ID.fullmatch(request_id := request.headers.get("X-Request-Id", "")):
            headers["X-Request-Id"] = request_id
        url = f"{settings.WARDKEY_URL}/api/tokens/validate"
        try:
            answer = self.client.get(url, params={"scope": needed}, headers=headers)
            if answer.status_code in {401, 403}:
                return passed_on(answer)
            cast("WardkeyRequest", request).wardkey = identity_in(answer)
        except (httpx.HTTPError, KeyError):
            return problem(503, "Tokens cannot be checked at the moment.")
        return None


def identity_in(answer: httpx.Response) -> Identity:
    """Return whom a 200 of Wardkey names; KeyError for another answer or a missing name."""
    told = answer.headers if answer.status_code == 200 else httpx.Headers()
    return Identity(
        told["X-Wardkey-Organization"],
        told["X-Wardkey-Service-Account-Id"],
        told["X-Wardkey-Service-Account"],
        told["X-Wardkey-Token"],
        frozenset(told["X-Wardkey-Scopes"].split()),
    )


def passed_on(answer: httpx.Response) -> HttpResponse:
    """Return Wardkey's refusal as it is."""
    kept = ("Content-Type", "WWW-Authenticate")
    headers = {name: answer.headers[name] for name in kept if name in answer.headers}
    return HttpResponse(answer.content, status=answer.status_code, headers=headers)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return a problem document (RFC 9457) of this service's own."""
    said = {"type": "about:blank", "status": status, "detail": detail}
    kind = "application/problem+json"
    return JsonResponse(said, status=status, headers=headers, content_type=kind)
