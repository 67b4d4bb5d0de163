"""The table of every REST operation, and what the URL configuration says there is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver

from accounts.api.base import MemberViewSet
from config import urls
from tests.clients import FORM
from tests.conftest import PASSWORD

MADE_UP_SECRET = f"wdk_{'0' * 38}"
MADE_UP_REFRESH = f"wdr_{'0' * 32}{'A' * 43}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a method, an address with ``{account}`` and ``{token}``, a good body."""

    method: str
    address: str
    body: dict[str, Any] | None = field(default=None, hash=False)
    content_type: str = "application/json"

    @property
    def names_something(self) -> bool:
        """Whether its path names a thing of an organization."""
        return "{" in self.address

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


ACCOUNT = "/service-accounts/{account}"
OPERATIONS = [
    Operation("POST", "/auth/token", {"email": "owner@rival.test", "password": PASSWORD}),
    Operation("POST", "/auth/token/refresh", {"refresh": MADE_UP_REFRESH}),
    Operation("POST", "/auth/token/revoke", {"refresh": MADE_UP_REFRESH}),
    Operation("GET", "/whoami"),
    Operation("GET", "/scopes"),
    Operation("GET", "/audit-events"),
    Operation("GET", "/service-accounts"),
    Operation("POST", "/service-accounts", {"name": "Deploy", "slug": "deploy"}),
    Operation("GET", ACCOUNT),
    Operation("PUT", ACCOUNT, {"name": "Taken over"}),
    Operation("PATCH", ACCOUNT, {"scopes": ["write:*"]}),
    Operation("DELETE", ACCOUNT),
    Operation("POST", f"{ACCOUNT}/disable"),
    Operation("POST", f"{ACCOUNT}/enable"),
    Operation("GET", f"{ACCOUNT}/tokens"),
    Operation("POST", f"{ACCOUNT}/tokens", {"name": "foothold"}),
    Operation("GET", f"{ACCOUNT}/tokens/{{token}}"),
    Operation("PATCH", f"{ACCOUNT}/tokens/{{token}}", {"scopes": ["write:*"]}),
    Operation("DELETE", f"{ACCOUNT}/tokens/{{token}}"),
    Operation("ANY", "/tokens/validate"),
    Operation("POST", "/oauth/introspect", {"token": MADE_UP_SECRET}, FORM),
]


def built_operations() -> Iterator[tuple[str, str]]:
    """Yield (method, address) of everything behind the two doors, as the routes have it."""
    for pattern in _flat(urls.doors):
        address = "/" + _route(pattern).replace("<slug_segment:", "{").replace(">", "}")
        methods = set(getattr(pattern.callback, "actions", None) or {"any"})
        for method in methods - {"head"}:  # DRF's own twin of GET
            yield method.upper(), address


def member_views_outside_the_doors() -> list[str]:
    """Return the routes beside the doors that answer credentials of an organization."""
    behind = {pattern.callback for pattern in _flat(urls.doors)}
    return [
        _route(pattern)
        for pattern in _flat(urls.urlpatterns)
        if pattern.callback not in behind
        and issubclass(getattr(pattern.callback, "cls", object), MemberViewSet)
    ]


def _flat(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _flat(pattern.url_patterns)
        else:
            yield pattern


def _route(pattern: URLPattern) -> str:
    return str(pattern.pattern)
