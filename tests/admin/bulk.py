"""Crowds of tokens, and the way of a run: from the list to the page that says what came of it."""

from collections.abc import Generator
from typing import Any

from django.test import Client

from accounts.models import AuditEvent, ServiceAccount
from tests import leaks
from tests.database.rows import token
from tokens.models import Token

TOKENS = "/admin/tokens/token/bulk"
ACCOUNTS = "/admin/accounts/serviceaccount/bulk"
REASON = "Found in a public repository, ticket 4711."


def crowd(owner: ServiceAccount, many: int, **facts: Any) -> list[Token]:
    """Write ``many`` tokens of an account; nobody knows their secrets."""
    start = Token.objects.count()
    rows = [token(owner, f"crowd-{start + number}", **facts) for number in range(many)]
    return Token.objects.bulk_create(rows)


def choose(browser: Client, act: str, *things: Any, at: str = TOKENS, query: str = "") -> str:
    """Choose things in a list, where none is named all that fit, and return the run's page."""
    chosen = {"thing": [str(thing.pk) for thing in things]} if things else {"all": "1"}
    answer = browser.post(at + query, {"act": act, **chosen})
    assert answer.status_code == 303, answer.content
    return str(answer["Location"])


def begin(browser: Client, page: str, **typed: Any) -> Generator[bytes, None, None]:
    """Confirm a run; it is done part by part, as far as what this returns is read.

    To close it is to go away from the page.
    """
    answer: Any = browser.post(page, {"reason": REASON, **typed})
    assert answer.status_code == 200, answer.content
    assert answer.streaming
    # Not its ``streaming_content``, which cannot be closed but with the test's own connection.
    parts: Generator[bytes, None, None] = answer._iterator  # noqa: SLF001
    return parts


def done(parts: Generator[bytes, None, None]) -> str:
    """Wait for the end of a run, and return its page, in which no secret may stand."""
    page = b"".join(parts).decode()
    leaks.leaks.look("an answer: a run", page)
    return page


def left() -> int:
    """Return how many tokens are not revoked."""
    return Token.objects.filter(revoked_at=None).count()


def lines() -> int:
    """Return how many revokes the audit log tells."""
    return AuditEvent.objects.filter(action="token.revoked").count()
