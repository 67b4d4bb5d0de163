"""Clients that go in through the public doors."""

from collections.abc import Mapping
from typing import Any, Self

from django.test import Client

Answer = Any
"""Django's test response: ``status_code``, ``headers``, ``content``, ``json()``."""


class RestClient:
    """Asks the REST API, through one of its two doors, with one credential.

    ``door`` is ``""`` or ``"/api"``; addresses are given without it.
    """

    def __init__(self, door: str = "/api", credential: str | None = None) -> None:
        self.door = door
        self.credential = credential
        self._client = Client(raise_request_exception=False)

    def acting_as(self, credential: str | None) -> Self:
        """Return a client for the same door with another credential (a JWT or a secret)."""
        return type(self)(self.door, credential)

    def ask(
        self,
        method: str,
        address: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; a ``dict`` or ``list`` goes as JSON, ``bytes`` as they are."""
        sent = dict(headers or {})
        if self.credential is not None:
            sent.setdefault("Authorization", f"Bearer {self.credential}")
        options: dict[str, Any] = {"headers": sent}
        if body is not None:
            options |= {"data": body, "content_type": content_type}
        return getattr(self._client, method.lower())(self.door + address, **options)

    def get(self, address: str, **options: Any) -> Answer:
        """GET."""
        return self.ask("get", address, **options)

    def post(self, address: str, body: Any = None, **options: Any) -> Answer:
        """POST."""
        return self.ask("post", address, body, **options)

    def put(self, address: str, body: Any = None, **options: Any) -> Answer:
        """PUT."""
        return self.ask("put", address, body, **options)

    def patch(self, address: str, body: Any = None, **options: Any) -> Answer:
        """PATCH."""
        return self.ask("patch", address, body, **options)

    def delete(self, address: str, **options: Any) -> Answer:
        """DELETE."""
        return self.ask("delete", address, **options)
