"""The console's addresses, as the URL configuration has them."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

CONSOLE = "console/"


def console_addresses() -> dict[str, str]:
    """Return the route of every console address by its qualified name (``accounts:members``)."""
    return {name: route for name, route in _walk(get_resolver(), "", "") if _is_console(route)}


def _is_console(route: str) -> bool:
    return route.startswith(CONSOLE)


def _walk(resolver: URLResolver, before: str, within: str) -> Iterator[tuple[str, str]]:
    """Yield the qualified name and the whole route of each pattern below ``resolver``."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield f"{within}{pattern.name}", route
            continue
        inner = f"{within}{pattern.namespace}:" if pattern.namespace else within
        yield from _walk(pattern, route, inner)
