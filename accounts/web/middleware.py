"""What happens around every page of the console: language, time zone, headers, refusals."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from accounts.services.sessions import rows_of

PAGES = ("/console", "/admin")
"""Where people are answered, by pages: these addresses and all below."""


def is_page(path: str) -> bool:
    """Say whether people ask at this path, rather than programs."""
    return path.startswith(tuple(f"{page}/" for page in PAGES)) or path in PAGES


SEEN_EVERY = timedelta(minutes=1)
"""How exact ``last_seen_at`` is."""

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class ConsoleMiddleware:
    """Speaks to people in their language and time; the REST API stays English and UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a page; whatever else passes through untouched."""
        if not is_page(request.path):
            return self.get_response(request)
        language, zone = _language(request), _zone(request)
        with translation.override(language), timezone.override(zone):
            _note_seen(request)
            response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY
        response["Content-Language"] = language
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        # With no-referrer browsers send forms with "Origin: null", which no CSRF check can take.
        response.headers.setdefault("Referrer-Policy", "same-origin")
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response


def _language(request: HttpRequest) -> str:
    """Return the language of the person's profile, else of their browser; English in the admin."""
    if not request.path.startswith(PAGES[0]):
        return "en"
    own = request.user.language if request.user.is_authenticated else ""
    known = {code for code, _ in settings.LANGUAGES}
    return own if own in known else translation.get_language_from_request(request)


def _zone(request: HttpRequest) -> ZoneInfo:
    """Return the time zone of the person's profile, where this machine (still) has it."""
    own = request.user.time_zone if request.user.is_authenticated else ""
    try:
        return ZoneInfo(own or "UTC")
    except ZoneInfoNotFoundError:
        return ZoneInfo("UTC")


def _note_seen(request: HttpRequest) -> None:
    """Note when and whence the session was used, to the minute."""
    if not request.user.is_authenticated:
        return
    now = timezone.now()
    fresh = Q(last_seen_at__gt=now - SEEN_EVERY)
    rows_of(request.session.session_key).exclude(fresh).update(
        last_seen_at=now,
        address=request.client_address,  # type: ignore[attr-defined]
        user_agent=request.headers.get("User-Agent", "")[:200],
    )
