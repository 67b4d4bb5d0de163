"""What the Django example alone has: every view must say what it needs."""

import pytest

from tests.examples.services import Service

pytestmark = pytest.mark.node


@pytest.mark.parametrize("service", ["django"], indirect=True)
def test_a_view_without_a_mark_lets_nobody_in(service: Service, publisher: str) -> None:
    before = service.asked()
    assert service.ask("/forgotten", publisher).status_code == 500
    assert service.ask("/forgotten").status_code == 500
    assert service.asked() == before
