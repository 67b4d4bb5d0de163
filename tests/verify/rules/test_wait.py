"""Rule 8: the wait comes after COMMIT, whatever was found, and once.

At each door: ``tests/losses``.
"""

from typing import Any

import pytest
from django.db import connection

from accounts import losses
from accounts.actor import Actor
from accounts.models import Organization, ServiceAccount
from accounts.services.service_accounts import disable_service_account
from tokens.errors import NoSuchToken
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_token, revoke_tokens

pytestmark = pytest.mark.django_db(transaction=True)  # so that no transaction is the test's own


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, int]]:
    """Of each wait: whether it was inside a transaction, and how many tokens were revoked."""
    found: list[tuple[bool, int]] = []

    def wait() -> None:
        revoked = Token.objects.filter(revoked_at__isnull=False).count()
        found.append((connection.in_atomic_block, revoked))

    monkeypatch.setattr(losses, "wait", wait)
    return found


def test_rule_8_a_revoke_waits_after_its_commit(
    ci: IssuedToken, acme: Organization, waits: list[tuple[bool, int]]
) -> None:
    revoke_token(Actor.system(acme.id), ci.token)
    assert waits == [(False, 1)]


def test_rule_8_a_token_that_was_revoked_already_waits_too(
    ci: IssuedToken, acme: Organization, waits: list[tuple[bool, int]]
) -> None:
    revoke_token(Actor.system(acme.id), ci.token)
    with pytest.raises(NoSuchToken):
        revoke_token(Actor.system(acme.id), ci.token)
    assert waits == [(False, 1)] * 2


def test_rule_8_however_many_are_revoked_it_waits_once(
    deploy: ServiceAccount, acme: Organization, waits: list[tuple[bool, int]]
) -> None:
    actor = Actor.system(acme.id)
    tokens = [issue_token(actor, deploy, name=f"t{number}").token for number in range(5)]
    assert revoke_tokens(actor, tokens) == 5
    disable_service_account(actor, deploy)
    assert waits == [(False, 5)] * 2


def test_rule_8_a_service_blocks_for_the_whole_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[Any] = []
    monkeypatch.setattr(losses, "WAIT_SECONDS", 0.26)
    monkeypatch.setattr("time.sleep", slept.append)
    losses.loses_rights(lambda: None)()
    assert slept == [0.26]
