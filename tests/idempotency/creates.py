"""The two creates that heed ``Idempotency-Key``, and how they are repeated."""

from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import ServiceAccount
from tests.clients import Answer, RestClient
from tests.rest.operations import ACCOUNTS, TOKENS
from tokens.models import Token


@dataclass(frozen=True, slots=True)
class Create:
    """A create: its address, a good body, one that is refused by each later stage, its rows."""

    address: str
    body: dict[str, Any]
    beyond: dict[str, Any]
    taken: dict[str, Any]
    model: Any

    def __str__(self) -> str:
        return str(self.model.__name__)

    def made(self) -> list[Any]:
        """Return the ids of what stands under the name of ``body``."""
        return list(self.model.objects.filter(name=self.body["name"]).values_list("id", flat=True))


CREATES = [
    Create(
        ACCOUNTS,
        {"name": "Nightly", "scopes": ["read:releases"]},
        {"name": "Nightly", "scopes": ["write:users"]},
        {"name": "Nightly", "slug": "deploy"},
        ServiceAccount,
    ),
    Create(
        TOKENS,
        {"name": "Nightly", "scopes": ["read:releases"]},
        {"name": "Nightly", "scopes": ["write:users"]},
        {"name": "Nightly", "slug": "ci", "scopes": []},
        Token,
    ),
]

each_create = pytest.mark.parametrize("create", CREATES, ids=str)


def ask(
    client: RestClient, create: Create, body: Any = None, *, key: str = "once", **options: Any
) -> Answer:
    """Send the create under a key."""
    sent = create.body if body is None else body
    return client.post(create.address, sent, headers={"Idempotency-Key": key}, **options)
