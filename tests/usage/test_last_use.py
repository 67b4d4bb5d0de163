"""A token tells when it was last used, and one that is dead that it is still tried."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Organization, ServiceAccount
from accounts.services.organizations import delete_organization
from tests.clients import FORM, RestClient, present
from tests.rest.documents import expire
from tests.usage.conftest import NOON, Noting
from tokens.models import TokenUsage
from tokens.services.issue import IssuedToken, issue_token
from tokens.verify import usage, usage_rows
from tokens.verify.usage import write_notes
from tokens.verify.verdict import Reason

ASKED = ("203.0.113.9", b"", b"curl/8", b"scope=read:users")
ACCOUNT = "/service-accounts/deploy"
WRITES = ("INSERT", "UPDATE", "DELETE")
TOKENS = f"{ACCOUNT}/tokens"


def shown(rest: RestClient) -> list[dict[str, Any]]:
    """Return the token `ci` as each of the four answers that carry it shows it."""
    return [
        rest.get(f"{TOKENS}/ci").json(),
        rest.get(TOKENS).json()["items"][0],
        rest.get(ACCOUNT).json()["tokens"][0],
        rest.get("/service-accounts").json()["items"][0]["tokens"][0],
    ]


def kept(token_id: Any) -> tuple[datetime | None, datetime | None]:
    """Return when the token was last used and last refused, as the database has it."""
    row = TokenUsage.objects.get(pk=token_id)
    return row.last_used_at, row.last_refused_at


def written(sent: CaptureQueriesContext) -> list[str]:
    """Return the statements that write."""
    return [q["sql"] for q in sent.captured_queries if q["sql"].lstrip().startswith("INSERT")]


def test_every_answer_tells_the_last_use_once_it_is_written(
    rest: RestClient, ci: IssuedToken
) -> None:
    before = timezone.now() - timedelta(seconds=1)
    assert present(ci.secret).status_code == 200
    assert [token for token in shown(rest) if "lastUsedAt" in token] == []
    assert write_notes() == 1
    moments = {token["lastUsedAt"] for token in shown(rest)}
    assert len(moments) == 1
    moment = datetime.fromisoformat(moments.pop())
    assert before < moment < timezone.now() + timedelta(seconds=1)


def test_a_changed_token_still_tells_it(rest: RestClient, ci: IssuedToken) -> None:
    present(ci.secret)
    write_notes()
    changed = rest.patch(f"{TOKENS}/ci", {"description": "ships"})
    assert (changed.status_code, "lastUsedAt" in changed.json()) == (200, True)


@pytest.mark.parametrize(
    "use",
    [
        lambda _, secret: present(secret),
        lambda _, secret: present(secret, "?scope=delete:users"),
        lambda rest, secret: rest.acting_as(secret).get("/whoami"),
        lambda rest, secret: rest.acting_as(secret).get("/audit-events"),
        lambda rest, secret: rest.post("/oauth/introspect", {"token": secret}, content_type=FORM),
    ],
    ids=["validate", "validate-lacking", "whoami", "rest-lacking", "introspect"],
)
def test_a_use_at_any_door_counts(
    rest: RestClient, ci: IssuedToken, use: Callable[[RestClient, str], Any]
) -> None:
    assert use(rest, str(ci.secret)).status_code in {200, 403}
    write_notes()
    used, refused = kept(ci.token.id)
    assert used is not None
    assert refused is None


def end_organization(_: RestClient) -> None:
    """Delete the organization, as its operator does."""
    organization = Organization.objects.get(slug="acme")
    delete_organization(Actor.system(organization.id), organization)


@pytest.mark.parametrize(
    "end",
    [
        lambda rest: rest.delete(f"{TOKENS}/ci"),
        lambda _: expire("ci"),
        lambda rest: rest.post(f"{ACCOUNT}/disable"),
        lambda rest: rest.delete(ACCOUNT),
        end_organization,
    ],
    ids=["revoked", "expired", "disabled", "deleted", "organization"],
)
def test_a_try_of_a_dead_token_is_noted_apart(
    rest: RestClient,
    ci: IssuedToken,
    end: Callable[[RestClient], Any],
) -> None:
    assert present(ci.secret).status_code == 200
    write_notes()
    last_use, _ = kept(ci.token.id)
    end(rest)
    assert present(ci.secret).status_code == 401
    write_notes()
    used, refused = kept(ci.token.id)
    assert used == last_use
    assert used is not None
    assert refused is not None
    assert refused >= used


def test_what_is_no_token_leaves_no_note(ci: IssuedToken) -> None:
    text = str(ci.secret)
    for secret in ("", "x", f"{text[:-1]}!", "wdk_" + "0" * 38):
        assert present(secret).status_code == 401
    assert write_notes() == 0
    assert TokenUsage.objects.count() == 0


def test_a_request_that_uses_a_token_writes_nothing(ci: IssuedToken) -> None:
    with CaptureQueriesContext(connection) as sent:
        for _ in range(3):
            assert present(ci.secret).status_code == 200
    assert [q["sql"] for q in sent.captured_queries if q["sql"].startswith(WRITES)] == []


def test_many_uses_are_one_row_of_one_statement(ci: IssuedToken, note: Noting) -> None:
    for _ in range(5):
        note(ci.token.id, Reason.GOOD, NOON)
    with CaptureQueriesContext(connection) as sent:
        assert write_notes() == 1
        assert write_notes() == 0
    assert len(written(sent)) == 1


def test_neither_moment_goes_back(ci: IssuedToken, note: Noting) -> None:
    hour = timedelta(hours=1)
    for at, reason in (
        (NOON, Reason.GOOD),
        (NOON, Reason.REVOKED),
        (NOON - hour, Reason.GOOD),
        (NOON - hour, Reason.REVOKED),
    ):
        note(ci.token.id, reason, at)
        write_notes()
    assert kept(ci.token.id) == (NOON, NOON)
    note(ci.token.id, Reason.GOOD, NOON + hour)
    write_notes()
    assert kept(ci.token.id) == (NOON + hour, NOON)
    note(ci.token.id, Reason.EXPIRED, NOON + hour / 2)
    write_notes()
    assert kept(ci.token.id) == (NOON + hour, NOON + hour / 2)


def test_a_fraction_of_a_second_counts(ci: IssuedToken, note: Noting) -> None:
    for microseconds in (0, 5, 500_000, 400_000):
        note(ci.token.id, Reason.GOOD, NOON + timedelta(microseconds=microseconds))
        write_notes()
    assert kept(ci.token.id)[0] == NOON + timedelta(microseconds=500_000)


def test_there_is_room_for_so_many_notes(
    db: None, monkeypatch: pytest.MonkeyPatch, note: Noting
) -> None:
    monkeypatch.setattr(usage, "MOST_NOTES", 2)
    first, second, third = uuid4(), uuid4(), uuid4()
    for token_id in (first, second, third):
        note(token_id, Reason.REVOKED, NOON)
    note(first, Reason.REVOKED, NOON + timedelta(hours=1))
    assert write_notes() == 2
    assert kept(first)[1] == NOON + timedelta(hours=1)
    assert not TokenUsage.objects.filter(pk=third).exists()


def test_a_database_that_is_away_gets_the_notes_later(
    db: None, monkeypatch: pytest.MonkeyPatch, note: Noting
) -> None:
    monkeypatch.setattr(usage_rows, "BATCH", 2)
    tokens = sorted(uuid4() for _ in range(5))
    for token_id in tokens:
        note(token_id, Reason.GOOD, NOON)
        note(token_id, Reason.REVOKED, NOON)
    statements = 0

    def away(execute: Any, sql: str, *asked: Any) -> Any:
        nonlocal statements
        statements += "tokenusage" in sql
        if statements > 1 and "tokenusage" in sql:
            raise OperationalError("the server closed the connection")
        return execute(sql, *asked)

    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        write_notes()
    assert set(TokenUsage.objects.values_list("pk", flat=True)) == set(tokens[:2])
    later = NOON + timedelta(hours=1)
    note(tokens[4], Reason.GOOD, later)
    assert write_notes() == 3
    assert kept(tokens[3]) == (NOON, NOON)
    assert kept(tokens[4]) == (later, NOON)


def test_a_newer_note_is_not_lost_to_one_that_is_put_back(db: None, note: Noting) -> None:
    token_id = uuid4()
    later = NOON + timedelta(hours=1)
    note(token_id, Reason.GOOD, NOON)

    def away(*_: Any) -> Any:
        note(token_id, Reason.GOOD, later)
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        write_notes()
    write_notes()
    assert kept(token_id)[0] == later


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="looks at a row's versions")
def test_noting_a_use_leaves_the_tokens_row_alone(ci: IssuedToken, note: Noting) -> None:
    def version() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin::text, xmax::text, ctid::text FROM tokens_token")
            return cursor.fetchall()

    before = version()
    for reason in (Reason.GOOD, Reason.REVOKED):
        note(ci.token.id, reason, NOON, ASKED)
        assert write_notes() == 1
    assert version() == before


@pytest.mark.parametrize("address", [TOKENS, "/service-accounts", ACCOUNT])
def test_more_tokens_cost_no_more_queries(
    rest: RestClient, deploy: ServiceAccount, address: str
) -> None:
    def asked_with_one_more(name: str) -> int:
        issued = issue_token(Actor.system(deploy.organization_id), deploy, name=name)
        present(issued.secret)
        write_notes()
        with CaptureQueriesContext(connection) as sent:
            assert b"lastUsedAt" in rest.get(address).content
        return len(sent.captured_queries)

    assert asked_with_one_more("one") == asked_with_one_more("two") == asked_with_one_more("three")
