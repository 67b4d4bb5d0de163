"""The addresses of the console and the admin, as the URL configuration has them."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

CONSOLE, ADMIN = "console/", "admin/"


def console_addresses() -> dict[str, str]:
    """Return the route of every console address by its qualified name (``accounts:members``)."""
    return _addresses_below(CONSOLE)


def admin_addresses() -> dict[str, str]:
    """Return the route of every address of the admin by its qualified name (``admin:index``)."""
    return _addresses_below(ADMIN)


def _addresses_below(start: str) -> dict[str, str]:
    walk = _walk(get_resolver(), "", "")
    return {name: route for name, route in walk if route.startswith(start)}


def _walk(resolver: URLResolver, before: str, within: str) -> Iterator[tuple[str, str]]:
    """Yield the qualified name and the whole route of each pattern below ``resolver``."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield f"{within}{pattern.name}", route
            continue
        inner = f"{within}{pattern.namespace}:" if pattern.namespace else within
        yield from _walk(pattern, route, inner)
