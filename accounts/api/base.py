"""The one base of every REST view: it asks its questions in the contract's order.

Router, 401, 406, 429, 403, 404, query, 413, 415, 400, 422; the ceiling and
conflicts come from the services (``contract.md`` section 1, "Order of refusal").
"""

from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from typing import Any, ClassVar, cast
from urllib.parse import unquote_to_bytes

from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.viewsets import ViewSet

from accounts.actor import Actor
from accounts.api.idempotency import read_once
from accounts.api.origin import origin_of
from accounts.api.parsers import MAX_BODY_BYTES, MergePatchParser, StrictJSONParser, too_large
from accounts.api.shapes import Shape, read_shape
from accounts.errors import DomainError, Fault, MissingScope, NoIdentity, invalid
from accounts.losses import owe_wait
from accounts.request_errors import (
    MalformedRequest,
    MethodNotAllowed,
    UnsupportedMediaType,
)
from accounts.scopes import missing
from accounts.services.once import Once
from accounts.services.throttle import Limit, place_of, require_tries_left


class PublicViewSet(ViewSet):
    """A REST view that needs no credential.

    ``query_shapes`` and ``body_shapes`` name, by action, what an operation reads; what
    it read stands in ``self.query`` and ``self.body``. Those in ``once_shapes`` heed
    ``Idempotency-Key``, as ``self.once``, and answer a repeat in that shape. An action
    without a body shape ignores the body. ``address_limits`` names, by action, the limit
    that an operation's service counts tries of an address under. ``losses`` names those that
    may take rights away, so that each answer to them waits (``accounts/losses.py``), a
    repeat's 404 too. ``group`` is its chapter in the OpenAPI document, and ``absent`` the
    refusal of ``locate`` for each name in the path.
    """

    group: ClassVar[str] = ""
    absent: ClassVar[dict[str, type[DomainError]]] = {}
    authentication_classes: Sequence[Any] = ()
    query_shapes: ClassVar[dict[str, type[Shape]]] = {}
    body_shapes: ClassVar[dict[str, type[Shape]]] = {}
    once_shapes: ClassVar[dict[str, type[Shape]]] = {}
    address_limits: ClassVar[dict[str, Limit]] = {}
    losses: ClassVar[frozenset[str]] = frozenset()

    query: dict[str, Any]
    body: dict[str, Any]
    once: Once | None = None

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return what every answer varies by; ``Allow`` goes with 405 alone."""
        return {"Vary": "Accept, Authorization"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is to be refused before the operation itself, in order."""
        if self.action in {None, "metadata"}:  # DRF's own name for OPTIONS
            raise self._method_not_allowed(request)
        if self.action in self.losses:
            owe_wait()
        self.identify(request)
        self.format_kwarg = None
        accepted = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = accepted
        self.throttle(request)
        self.permit(request, **kwargs)
        self.locate(request, **kwargs)
        self.query = self._read_query(request)
        self.body = self._read_body(request)

    def get_parsers(self) -> list[BaseParser]:
        """Return what the operation reads: JSON, and merge patches where it is one."""
        is_patch = getattr(self, "action", None) == "partial_update"
        return [StrictJSONParser(), *([MergePatchParser()] if is_patch else [])]

    def read_values(self, shape: type[Shape], content: Any) -> dict[str, Any]:
        """Return the values of a body that could be read, or refuse them all together."""
        return read_shape(shape(data=content, context={"view": self}), "body")

    def identify(self, request: Request) -> None:
        """Refuse a request without a good credential; here, none is needed."""

    def throttle(self, request: Request) -> None:
        """Refuse an address that has had its tries; the service counts, this only looks."""
        limit = self.address_limits.get(self.action or "")
        if limit is not None:
            origin = origin_of(request._request)  # noqa: SLF001 - DRF's own way to Django's request
            require_tries_left(limit, place_of(origin.address))

    def permit(self, request: Request, **names: Any) -> None:
        """Refuse a caller who may not; here, everybody may."""

    def locate(self, request: Request, **names: Any) -> None:
        """Find what the path names, or refuse; here, it names nothing."""

    def _method_not_allowed(self, request: Request) -> MethodNotAllowed:
        allowed = [method for method in self.allowed_methods if method != "OPTIONS"]
        return MethodNotAllowed(
            f"{request.method} is not answered here.", headers={"Allow": ", ".join(allowed)}
        )

    def _read_query(self, request: Request) -> dict[str, Any]:
        shape = self.query_shapes.get(self.action or "", Shape)
        _require_text(request.META["QUERY_STRING"])
        counts = Counter({name: len(found) for name, found in request.query_params.lists()})
        doubled = [name for name, times in counts.items() if times > 1]
        if doubled:
            raise invalid([Fault(location=f"query.{n}", message="stands twice") for n in doubled])
        return read_shape(shape(data=request.query_params.dict()), "query")

    def _read_body(self, request: Request) -> dict[str, Any]:
        shape = self.body_shapes.get(self.action or "")
        if shape is None:
            return {}
        try:
            body = request._request.body  # noqa: SLF001 - the bytes, before any parser
        except RequestDataTooBig:
            body = b" " * (MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise too_large()
        parsers = self.get_parsers()
        sent = request.content_type.partition(";")[0].strip().lower()
        parser = next((parser for parser in parsers if parser.media_type == sent), None)
        if parser is None:
            known = " or ".join(parser.media_type for parser in parsers)
            raise UnsupportedMediaType(f"The body must be {known}.")
        content = parser.parse(BytesIO(body), request.content_type, {"request": request})
        values = self.read_values(shape, content)
        if self.action in self.once_shapes:
            self.once = read_once(request, content)
        return values


def _require_text(query: str) -> None:
    """Refuse a query that is not UTF-8, which Django would read with U+FFFD in its place."""
    try:
        unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        fault = Fault(location="query", message="must be UTF-8 text")
        raise MalformedRequest("The query is not UTF-8 text.", [fault]) from None


class MemberViewSet(PublicViewSet):
    """A REST view for callers with a credential of an organization.

    ``needs`` names, by action, the scope that an operation needs; None for any credential.
    """

    authentication_classes = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    needs: ClassVar[dict[str, str | None]] = {}

    def identify(self, request: Request) -> None:
        """Refuse a request whose credential is missing or not good."""
        if request.auth is None:
            raise NoIdentity(sent=False)

    def permit(self, request: Request, **names: Any) -> None:
        """Refuse a caller without the scope that the operation needs."""
        scope = self.needs[self.action or ""]
        if scope is not None and missing(self.actor.scopes, [scope]):
            raise MissingScope(scope)

    @property
    def actor(self) -> Actor:
        """Who asks: the principal of the request's credential."""
        return cast("Actor", self.request.auth)

    @property
    def address(self) -> str:
        """The path without its door: the same under ``/api`` and at the root."""
        return self.request.path.removeprefix("/api")
