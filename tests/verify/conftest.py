"""Ways to ask the gate."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.clients import Answer
from tests.server.wire import serving
from tests.verify.served import Served
from tests.verify.through import ask_twice

Gate = Callable[..., Answer]
DOORS = {
    "root": ("/tokens/validate", "gate"),
    "api": ("/api/tokens/validate", "gate"),
    "view": ("/tokens/validate", "view"),
}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A gate that is served."""
    served = Served(monkeypatch)
    with serving(served.app) as served.port:
        yield served


@pytest.fixture(params=list(DOORS.values()), ids=list(DOORS))
def gate(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Ask for a verdict with these headers and this query.

    At each of the two addresses of the callable in front of Django, and of the view that answers
    where there is no such front.
    """
    path, way = request.param
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    client = Client(raise_request_exception=False)

    def ask(
        authorization: str | None = None, query: str = "", method: str = "GET", **options: Any
    ) -> Answer:
        headers = dict(options.pop("headers", {}))
        if authorization is not None:
            headers["Authorization"] = authorization
        if way == "view":
            return client.generic(method, f"{path}{query}", headers=headers, **options)
        answer: Any = ask_twice(method, path, headers, query.removeprefix("?"))
        answer.json = lambda: json.loads(answer.content)
        return answer

    return ask
