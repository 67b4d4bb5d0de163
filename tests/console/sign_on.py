"""The way to the provider and back, as a browser goes it."""

import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from tests.console.provider import ID

BEGIN = f"/console/-/sign-in/at/{ID}"
PAGE = "/console/acme/service-accounts"


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


def at_provider(address: str) -> str:
    """Open the provider's page as a browser would, and return where it sends the browser."""
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(address) as answer:
            raise AssertionError(answer.read())
    except urllib.error.HTTPError as answer:
        location: str = answer.headers["Location"]
        parts = urlsplit(location)
        return f"{parts.path}?{parts.query}"


def sign_on(client: Client, begin: str = BEGIN) -> Any:
    """Go to the provider and come back, and return the console's answer."""
    begun = client.get(begin)
    assert begun.status_code == 302, begun.content
    return client.get(at_provider(begun["Location"]))
