"""``manage.py clean_up`` deletes what is over, and nothing that still means something."""

import io
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import (
    Attempt,
    AuditEvent,
    IdempotencyKey,
    Membership,
    Organization,
    RefreshFamily,
)
from accounts.services import clean_up as cleaning
from accounts.services.clean_up import clean_up, clean_up_if_due
from tests.clean_up.rows import bulk_run, counter, detail_of_use, family, invitation, key, session
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.epoch.entries import EVERYBODY, entries, epoch
from tests.organizations.rows import all_rows
from tests.sign_in.test_refresh import renew, started
from tokens.models import Token

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NOTHING = (
    "idempotency keys: 0\nsign-ins: 0\nsessions: 0\ninvitations: 0\ncounters of tries: 0\n"
    "bulk acts: 0\ndetails of use: 0\nepoch entries: 0\n"
)

Make = Callable[[Membership, datetime], Model]


def told() -> str:
    """Return what the command prints."""
    out = io.StringIO()
    call_command("clean_up", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "ends_after", "kind"),
    [
        (lambda _, at: key(at), DAY, "idempotency keys"),
        (family, timedelta(), "sign-ins"),
        (lambda owner, at: family(owner, at, ended_at=at - DAY), timedelta(), "sign-ins"),
        (session, timedelta(), "sessions"),
        (invitation, timedelta(), "invitations"),
        (lambda _, at: counter(at), timedelta(), "counters of tries"),
        (bulk_run, 90 * DAY, "bulk acts"),
        (lambda _, at: detail_of_use(at), 90 * DAY, "details of use"),
    ],
    ids=["key", "family", "ended-family", "session", "invitation", "counter", "bulk-run", "use"],
)
def test_what_is_over_goes_and_what_is_not_stays(
    owner: Membership, make: Make, ends_after: timedelta, kind: str
) -> None:
    now = timezone.now()
    over = [make(owner, now - ends_after - SECOND), make(owner, now - 400 * DAY)]
    still = make(owner, now - ends_after + timedelta(minutes=5))
    assert f"{kind}: 2\n" in told()
    model = type(still)
    assert set(model.objects.values_list("pk", flat=True)) == {still.pk}  # type: ignore[attr-defined]
    assert len(over) == 2
    assert told() == NOTHING


def test_entries_of_the_epoch_go_after_an_hour_but_the_newest(db: None) -> None:
    since = epoch()
    for name in ("one", "two"):
        Organization.objects.create(slug=name, name=name).delete()
    assert told() == NOTHING
    hour = timedelta(hours=1)
    _age_entries(timezone.now() - hour + timedelta(minutes=5))
    assert told() == NOTHING
    _age_entries(timezone.now() - hour)
    assert "epoch entries: 0\n" not in told()
    assert entries(since + 1) == [EVERYBODY]
    assert told() == NOTHING


def _age_entries(at: datetime) -> None:
    value = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_epoch_entry SET at = %s", [value])


def test_a_sign_in_that_was_ended_early_stays_until_it_would_have_ended(owner: Membership) -> None:
    first = started(owner)
    renew(renew(first).json()["refresh"])
    assert renew(first).status_code == 401
    assert RefreshFamily.objects.get().ended_at is not None
    assert told() == NOTHING
    RefreshFamily.objects.update(expires_at=timezone.now())
    assert "sign-ins: 1\n" in told()
    assert renew(first).status_code == 401


def test_nothing_but_those_rows_is_touched(rest: RestClient, owner: Membership, ci: object) -> None:
    RestClient().post("/auth/token", {"email": owner.user.email, "password": PASSWORD})
    rest.post("/service-accounts", {"name": "x"}, headers={"Idempotency-Key": "k"})
    before = all_rows()
    assert told() == NOTHING
    assert all_rows() == before
    assert AuditEvent.objects.exists()
    assert Token.objects.exists()


def test_a_key_that_is_gone_makes_a_new_thing(rest: RestClient) -> None:
    headers = {"Idempotency-Key": "nightly"}
    made = rest.post("/service-accounts", {"name": "Nightly"}, headers=headers).json()["id"]
    assert rest.post("/service-accounts", {"name": "Nightly"}, headers=headers).json()["id"] == made
    IdempotencyKey.objects.update(created_at=timezone.now() - DAY)
    assert "idempotency keys: 1\n" in told()
    again = rest.post("/service-accounts", {"name": "Nightly"}, headers=headers)
    assert again.status_code == 201
    assert again.json()["id"] != made


def test_a_key_that_is_cleaned_up_while_it_is_used_is_a_new_one(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = IdempotencyKey.objects.create
    collisions = iter([IntegrityError("a row that is gone when it is looked for"), None])

    def late(**facts: Any) -> IdempotencyKey:
        if collision := next(collisions):
            raise collision
        return create(**facts)

    monkeypatch.setattr(IdempotencyKey.objects, "create", late)
    answer = rest.post("/service-accounts", {"name": "x"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert IdempotencyKey.objects.filter(key="k").count() == 1


def test_more_than_a_batch_goes_in_several(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)
    for _ in range(5):
        counter(timezone.now())
    with CaptureQueriesContext(connection) as sent:
        assert clean_up()["counters of tries"] == 5
    deletes = [q["sql"] for q in sent.captured_queries if q["sql"].startswith("DELETE")]
    assert len(deletes) >= 3
    assert not Attempt.objects.exists()


def test_a_whole_batch_fits_one_statement(db: None) -> None:
    Attempt.objects.bulk_create(
        [
            Attempt(subject=uuid.uuid4().hex, tries=1, window_ends_at=timezone.now())
            for _ in range(cleaning.BATCH + 1)
        ]
    )
    assert clean_up()["counters of tries"] == cleaning.BATCH + 1


def test_what_was_deleted_before_a_fault_stays_deleted(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)
    for _ in range(5):
        counter(timezone.now())
    deletes = 0

    def away(execute: Any, sql: str, *asked: Any) -> Any:
        nonlocal deletes
        deletes += sql.startswith("DELETE")
        if deletes > 1 and sql.startswith("DELETE"):
            raise OperationalError("the server closed the connection")
        return execute(sql, *asked)

    with connection.execute_wrapper(away), pytest.raises(CommandError, match="cannot be used"):
        told()
    assert Attempt.objects.count() == 3
    assert "counters of tries: 3\n" in told()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_two_at_once_share_the_work() -> None:
    number = 3 * cleaning.BATCH
    Attempt.objects.bulk_create(
        [
            Attempt(subject=uuid.uuid4().hex, tries=1, window_ends_at=timezone.now())
            for _ in range(number)
        ]
    )

    def one(_: int) -> int:
        try:
            return clean_up()["counters of tries"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(one, range(2))) == number
    assert not Attempt.objects.exists()


def test_the_server_cleans_up_once_an_hour_whoever_asks(db: None) -> None:
    def left() -> int:
        return Attempt.objects.filter(window_ends_at__lte=timezone.now()).count()

    counter(timezone.now())
    clean_up_if_due()
    assert left() == 0
    counter(timezone.now())
    for _ in range(3):
        clean_up_if_due()
    assert left() == 1
    Attempt.objects.filter(window_ends_at__gt=timezone.now()).update(window_ends_at=timezone.now())
    clean_up_if_due()
    assert left() == 0


def test_an_hour_is_not_over_before_it_is_over(db: None) -> None:
    clean_up_if_due()
    ends_at = Attempt.objects.get().window_ends_at
    left = ends_at - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    clean_up_if_due()
    assert Attempt.objects.get().window_ends_at == ends_at
