"""Notes of last use, none at the start, and ways to leave some."""

import pytest
from django.test import Client

from tests.clients import Answer
from tokens.models import TokenUsage
from tokens.verify.usage import write_notes


@pytest.fixture(autouse=True)
def nothing_noted(request: pytest.FixtureRequest) -> None:
    """Clear away what the tests before have left in this process."""
    if "node" not in request.keywords:
        request.getfixturevalue("db")
        write_notes()
        TokenUsage.objects.all().delete()


def present(secret: object, query: str = "") -> Answer:
    """Show a secret to the gate."""
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().get(f"/tokens/validate{query}", headers=headers)
