"""Ways to ask the gate."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.clients import Answer

Gate = Callable[..., Answer]


@pytest.fixture(params=["/tokens/validate", "/api/tokens/validate"], ids=["root", "api"])
def gate(request: pytest.FixtureRequest) -> Gate:
    """Ask for a verdict, at each of the two addresses, with these headers and this query."""
    client = Client(raise_request_exception=False)

    def ask(
        authorization: str | None = None, query: str = "", method: str = "GET", **options: Any
    ) -> Answer:
        headers = dict(options.pop("headers", {}))
        if authorization is not None:
            headers["Authorization"] = authorization
        return client.generic(method, f"{request.param}{query}", headers=headers, **options)

    return ask
