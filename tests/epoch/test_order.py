"""Who sees an epoch sees every entry up to it, however many change rights at once."""

import threading
from contextlib import suppress

import pytest
from django.db import OperationalError, connection, transaction

from accounts.actor import Actor
from accounts.models import Organization, ServiceAccount
from tests.console.at_once import MANY, at_once
from tests.epoch.entries import entries, epoch
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_token

pytestmark = [
    pytest.mark.race,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
    pytest.mark.django_db(transaction=True),
]

EACH = 15


def test_epochs_appear_in_the_order_of_the_commits(
    acme: Organization, deploy: ServiceAccount
) -> None:
    system = Actor.system(acme.id)
    tokens = [issue_token(system, deploy, name=f"t{number}").token for number in range(MANY * EACH)]
    before, over = epoch(), threading.Event()
    polls: list[tuple[int, int, int]] = []
    poller = threading.Thread(target=_poll, args=(before, over, polls))
    poller.start()
    try:
        at_once(lambda number: [revoke_token(system, token) for token in tokens[number::MANY]])
    finally:
        over.set()
        poller.join()
    assert set(entries(before)) == {bytes(token.digest) for token in tokens}
    assert epoch() == before + len(tokens)
    assert len({n for n, _, _ in polls}) > 2, "some polls fell in between"
    assert [poll for poll in polls if poll[1] != poll[0] - before] == []
    assert [poll for poll in polls if poll[2] != poll[0]] == []


def test_a_service_that_meets_a_change_by_hand_is_done_all_the_same(
    acme: Organization, ci: IssuedToken
) -> None:
    system = Actor.system(acme.id)
    account = ci.token.service_account
    tokens = [issue_token(system, account, name=f"t{number}").token for number in range(MANY)]

    def change(number: int) -> None:
        if number % 2:
            with suppress(OperationalError):  # of the two, PostgreSQL may break off the hand
                _narrow_by_hand(tokens[number - 1])
        else:
            revoke_token(system, tokens[number])

    at_once(change)
    revoked = Token.objects.filter(revoked_at__isnull=False).values_list("pk", flat=True)
    assert set(revoked) == {token.pk for token in tokens[::2]}


def _narrow_by_hand(token: Token) -> None:
    """Change a token as nobody should: its row is held first, the epoch's last."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tokens_token WHERE id = %s FOR UPDATE", [token.pk])
        cursor.execute("SELECT pg_sleep(0.05)")
        cursor.execute("UPDATE tokens_token SET scopes = '[]' WHERE id = %s", [token.pk])


def _poll(before: int, over: threading.Event, polls: list[tuple[int, int, int]]) -> None:
    """Note the epoch, how many entries there are since ``before``, and the newest of them."""
    try:
        while not over.is_set():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT e.n, (SELECT count(*) FROM accounts_epoch_entry WHERE n > %s),"
                    " (SELECT max(n) FROM accounts_epoch_entry) FROM accounts_epoch e",
                    [before],
                )
                polls.append(cursor.fetchone())
    finally:
        connection.close()
