"""When something breaks below: wholly or not at all, and nothing told of why."""

import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.backends.utils import CursorWrapper

from accounts.models import AuditEvent, Membership, ServiceAccount
from config.operations.logs import RedactingFormatter
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.documents import refused
from tests.rest.operations import Operation, every_operation
from tokens.models import Token
from tokens.services.issue import IssuedToken

ACCOUNTS = "/service-accounts"
ACCOUNT = "/service-accounts/deploy"
TOKENS = "/service-accounts/deploy/tokens"
CI = "/service-accounts/deploy/tokens/ci"
LEAKY = "password=hunter2 at wdk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
WRITES: list[tuple[str, str, Any]] = [
    ("post", ACCOUNTS, {"name": "new"}),
    ("put", ACCOUNT, {"name": "new"}),
    ("patch", ACCOUNT, {"name": "new"}),
    ("delete", ACCOUNT, None),
    ("post", f"{ACCOUNT}/disable", None),
    ("post", TOKENS, {"name": "new"}),
    ("patch", CI, {"name": "new"}),
    ("delete", CI, None),
]
every_write = pytest.mark.parametrize(("method", "address", "body"), WRITES)


@pytest.fixture(autouse=True)
def furnished(ci: IssuedToken) -> None:
    """`deploy` and its token `ci` are there."""


@pytest.fixture
def client(owner: Membership, door: str) -> RestClient:
    """The owner of `acme`, through each door."""
    return acting(owner, door)


@pytest.fixture
def database_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No statement reaches the database until the patch is undone."""

    def away(self: CursorWrapper, *args: Any, **kwargs: Any) -> None:
        raise OperationalError(LEAKY)

    with monkeypatch.context() as patch:
        patch.setattr(CursorWrapper, "execute", away)
        yield patch


def breaking(
    monkeypatch: pytest.MonkeyPatch, verbs: tuple[str, ...], fault: Callable[[], Exception]
) -> None:
    """Let every statement that starts with one of ``verbs`` fail."""
    original = CursorWrapper.execute

    def execute(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        if str(sql).startswith(verbs):
            raise fault()
        return original(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", execute)


def rows() -> list[Any]:
    """Return everything that an operation could have changed."""
    tables = (ServiceAccount, Token, AuditEvent)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@every_write
@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_a_database_lost_in_the_act_leaves_nothing_behind(
    rest: RestClient,
    ci: IssuedToken,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    address: str,
    body: Any,
    fault: type[Exception],
) -> None:
    before = rows()
    with monkeypatch.context() as patch:
        breaking(patch, ("INSERT", "UPDATE"), lambda: fault(LEAKY))
        answer = rest.ask(method, address, body)
    refused(answer, 503, "Server.Unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert "hunter2" not in answer.content.decode()
    assert rows() == before
    assert rest.ask(method, address, body).status_code < 300


@every_write
def test_an_act_that_cannot_be_noted_is_not_done(
    rest: RestClient,
    ci: IssuedToken,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    address: str,
    body: Any,
) -> None:
    before = rows()
    with monkeypatch.context() as patch:
        breaking(patch, ('INSERT INTO "accounts_auditevent"',), lambda: OperationalError(LEAKY))
        refused(rest.ask(method, address, body), 503, "Server.Unavailable")
    assert rows() == before
    assert rest.ask(method, address, body).status_code < 300


@every_write
def test_a_bug_in_the_act_tells_nothing_and_leaves_nothing(
    rest: RestClient,
    ci: IssuedToken,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    address: str,
    body: Any,
) -> None:
    before = rows()
    with monkeypatch.context() as patch:
        breaking(patch, ("INSERT", "UPDATE"), lambda: IntegrityError(LEAKY))
        answer = rest.ask(method, address, body)
    document = refused(answer, 500, "Server.Error")
    assert document["errors"] == []
    told = answer.content.decode() + repr(answer.headers)
    assert not [word for word in ("hunter2", "wdk_", "Integrity", "Traceback") if word in told]
    assert rows() == before


def test_the_log_has_a_bug_under_its_id_without_secrets(
    rest: RestClient,
    ci: IssuedToken,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = StringIO()
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, RedactingFormatter):
            monkeypatch.setattr(handler, "stream", written)
    with monkeypatch.context() as patch:
        breaking(patch, ("INSERT", "UPDATE"), lambda: RuntimeError(LEAKY))
        answer = rest.post(TOKENS, {"name": "x"})
    logged = [line for line in written.getvalue().splitlines() if "RuntimeError" in line]
    assert len(logged) == 1
    assert answer.json()["errorId"] in logged[0]
    assert "wdk_A" not in logged[0]
    assert "[redacted]" in logged[0]


@every_operation
def test_a_bug_tells_no_more_than_its_id(
    client: RestClient, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: CursorWrapper, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(LEAKY)

    with monkeypatch.context() as patch:
        patch.setattr(CursorWrapper, "execute", broken)
        answer = client.ask(operation.method, operation.address, operation.body)
    document = refused(answer, 500, "Server.Error")
    assert document["errors"] == []
    assert document["detail"] == "Something went wrong on our side."
    told = answer.content.decode() + repr(answer.headers)
    assert not [word for word in ("hunter2", "wdk_", "Runtime", "Traceback") if word in told]


@every_operation
def test_the_database_goes_and_comes_back(
    client: RestClient, operation: Operation, database_away: pytest.MonkeyPatch
) -> None:
    answer = client.ask(operation.method, operation.address, operation.body)
    document = refused(answer, 503, "Server.Unavailable")
    assert document["errors"] == []
    assert answer.headers["Retry-After"] == "1"
    assert "hunter2" not in answer.content.decode()
    database_away.undo()
    answer = client.ask(operation.method, operation.address, operation.body)
    assert answer.status_code == operation.status
