"""What the Django example alone has: every view must say what it needs."""

import importlib.util
from types import ModuleType
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tests.examples.services import EXAMPLES, Service

pytestmark = pytest.mark.node


@pytest.mark.parametrize("service", ["django"], indirect=True)
def test_a_view_without_a_mark_lets_nobody_in(service: Service, publisher: str) -> None:
    before = service.asked()
    assert service.ask("/forgotten", publisher).status_code == 500
    assert service.ask("/forgotten").status_code == 500
    assert service.asked() == before


@pytest.fixture
def example() -> ModuleType:
    """The module that is copied."""
    path = EXAMPLES / "django" / "wardkey_middleware.py"
    spec = importlib.util.spec_from_file_location("wardkey_middleware_of_a_test", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


@pytest.mark.parametrize("last", ["public", "wardkey"])
def test_a_view_under_two_addresses_has_the_mark_of_each(last: str, example: ModuleType) -> None:
    def guarded() -> Any:
        return example.wardkey(scope="read:releases")(view)

    # The one that is marked last must not speak for the other.
    first, second = (example.public(view), guarded())
    if last == "public":
        second, first = guarded(), example.public(view)
    middleware = example.WardkeyMiddleware(view)
    request = RequestFactory().get("/")
    assert middleware.process_view(request, first) is None
    assert middleware.process_view(request, second).status_code == 401
    assert not hasattr(view, example.NEEDS)
    assert second(request).content == b"seen"
    assert second.__name__ == "view"
    middleware.client.close()


def test_a_view_that_is_a_coroutine_stays_one(example: ModuleType) -> None:
    async def waiting(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert iscoroutinefunction(example.public(waiting))
    assert not iscoroutinefunction(example.public(view))
