"""Clients that go in through the public doors."""

from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlencode

from django.test import Client

from tests.reference.contract import check_answer

FORM = "application/x-www-form-urlencoded"

Answer = Any
"""Django's test response: ``status_code``, ``headers``, ``content``, ``json()``."""


def present(secret: object, query: str = "", **meta: str) -> Answer:
    """Show a secret to the gate and ask for a verdict."""
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().get(f"/tokens/validate{query}", headers=headers, **meta)  # type: ignore[arg-type]


class RestClient:
    """Asks the REST API, through one of its two doors, with one credential.

    ``door`` is ``""`` or ``"/api"``; addresses are given without it. Every answer is held
    against the OpenAPI document.
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
        documented: bool = True,
    ) -> Answer:
        """Send one request; a ``dict`` or ``list`` goes as JSON, ``bytes`` as they are.

        Args:
            content_type: with ``FORM``, a ``dict`` goes as a form.
            documented: False for what the OpenAPI document does not speak of (preflights).
        """
        sent = dict(headers or {})
        if self.credential is not None:
            sent.setdefault("Authorization", f"Bearer {self.credential}")
        options: dict[str, Any] = {"headers": sent}
        if content_type == FORM and isinstance(body, dict):
            body = urlencode(body)
        if body is not None:
            options |= {"data": body, "content_type": content_type}
        answer = getattr(self._client, method.lower())(self.door + address, **options)
        if documented:
            check_answer(method.upper(), address, answer)
        return answer

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
