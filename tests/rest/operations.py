"""Every operation on service accounts and tokens, as a table."""

from dataclasses import dataclass
from typing import Any

import pytest

ACCOUNTS = "/service-accounts"
ACCOUNT = "/service-accounts/deploy"
TOKENS = "/service-accounts/deploy/tokens"
TOKEN = "/service-accounts/deploy/tokens/ci"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: how it is asked, and what it answers when all is well.

    ``nowhere`` is its address with names that nothing has.
    """

    method: str
    address: str
    status: int
    body: Any = None
    nowhere: str | None = None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.address}"

    @property
    def writes(self) -> bool:
        """Whether it needs ``write:tokens``."""
        return self.method != "get"


NO_ACCOUNT = "/service-accounts/nobody"
OPERATIONS = [
    Operation("get", ACCOUNTS, 200),
    Operation("post", ACCOUNTS, 201, {"name": "Builder"}),
    Operation("get", ACCOUNT, 200, nowhere=NO_ACCOUNT),
    Operation("put", ACCOUNT, 204, {"name": "Deploy"}, nowhere=NO_ACCOUNT),
    Operation("patch", ACCOUNT, 200, {"description": "ships"}, nowhere=NO_ACCOUNT),
    Operation("delete", ACCOUNT, 204, nowhere=NO_ACCOUNT),
    Operation("post", f"{ACCOUNT}/disable", 200, nowhere=f"{NO_ACCOUNT}/disable"),
    Operation("post", f"{ACCOUNT}/enable", 200, nowhere=f"{NO_ACCOUNT}/enable"),
    Operation("get", TOKENS, 200, nowhere=f"{NO_ACCOUNT}/tokens"),
    Operation("post", TOKENS, 201, {"name": "second"}, nowhere=f"{NO_ACCOUNT}/tokens"),
    Operation("get", TOKEN, 200, nowhere=f"{NO_ACCOUNT}/tokens/ci"),
    Operation("patch", TOKEN, 200, {"name": "renamed"}, nowhere=f"{NO_ACCOUNT}/tokens/ci"),
    Operation("delete", TOKEN, 204, nowhere=f"{NO_ACCOUNT}/tokens/ci"),
]
WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]
UNDER_AN_ACCOUNT = [operation for operation in OPERATIONS if operation.nowhere is not None]

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
every_body = pytest.mark.parametrize("operation", WITH_BODY, ids=str)
