"""The token's own page of the API tells from where, by what and for what it was used."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from tests.clients import RestClient, present
from tests.conftest import acting
from tests.usage.conftest import NOON, Noting
from tokens.models import TokenUsage, TokenUse
from tokens.querysets import MOST_KEPT
from tokens.services.issue import IssuedToken
from tokens.verify import usage
from tokens.verify.asked import Asked
from tokens.verify.usage import write_notes
from tokens.verify.verdict import Reason

TOKEN = "/service-accounts/deploy/tokens/ci"
NOTHING: dict[str, list[Any]] = {"addresses": [], "userAgents": [], "scopes": []}
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def asking(agent: str = "", address: str = "", query: str = "") -> Asked:
    return address, b"", agent.encode(), query.encode()


def shown(rest: RestClient) -> dict[str, list[dict[str, Any]]]:
    """Return the token's `usage`, as its page has it."""
    found: dict[str, list[dict[str, Any]]] = rest.get(TOKEN).json()["usage"]
    return found


def values(rest: RestClient, kind: str) -> list[str]:
    return [each["value"] for each in shown(rest)[kind]]


def test_the_page_tells_each_detail_with_its_times_and_count(
    rest: RestClient, ci: IssuedToken, note: Noting
) -> None:
    assert shown(rest) == NOTHING
    token = ci.token.id
    note(token, Reason.GOOD, NOON - HOUR, asking("curl/8", "203.0.113.9", "scope=read:users"))
    note(token, Reason.GOOD, NOON - SECOND, asking("curl/8", "203.0.113.77"))
    note(token, Reason.SCOPE_MISSING, NOON, asking("probe", "2001:db8::9", "scope=write:users"))
    assert write_notes() == 1
    early, late, noon = "2030-01-31T11:00:00Z", "2030-01-31T11:59:59Z", "2030-01-31T12:00:00Z"
    once = {"firstAt": noon, "lastAt": noon, "count": 1}
    twice = {"firstAt": early, "lastAt": late, "count": 2}
    assert shown(rest) == {
        "addresses": [
            {"value": "2001:db8::/48", **once},
            {"value": "203.0.113.0/24", **twice},
        ],
        "userAgents": [{"value": "probe", **once}, {"value": "curl/8", **twice}],
        "scopes": [
            {"value": "write:users", **once},
            {"value": "read:users", "firstAt": early, "lastAt": early, "count": 1},
        ],
    }


def test_what_comes_later_is_added_to_what_is_there(
    rest: RestClient, ci: IssuedToken, note: Noting
) -> None:
    for at in (NOON, NOON - 2 * HOUR, NOON - HOUR):
        for _ in range(3):
            note(ci.token.id, Reason.GOOD, at, asking("curl/8"))
        write_notes()
    assert shown(rest)["userAgents"] == [
        {
            "value": "curl/8",
            "firstAt": "2030-01-31T10:00:00Z",
            "lastAt": "2030-01-31T12:00:00Z",
            "count": 9,
        }
    ]


def test_a_real_use_is_told_at_its_time(rest: RestClient, ci: IssuedToken) -> None:
    before = timezone.now() - timedelta(seconds=1)
    assert present(ci.secret, HTTP_USER_AGENT="curl/8").status_code == 200
    write_notes()
    [use] = TokenUse.objects.filter(kind="agent")
    assert before < use.first_at == use.last_at <= timezone.now()
    assert use.last_at == TokenUsage.objects.get().last_used_at


def test_a_call_of_the_rest_api_is_a_use_with_address_and_agent(
    rest: RestClient, ci: IssuedToken
) -> None:
    headers = {"Authorization": f"Bearer {ci.secret}", "User-Agent": "terraform/1"}
    assert Client().get("/whoami", headers=headers).status_code == 200
    write_notes()
    assert values(rest, "addresses") == ["127.0.0.0/24"]
    assert values(rest, "userAgents") == ["terraform/1"]


def test_introspection_tells_of_no_caller(rest: RestClient, ci: IssuedToken) -> None:
    form = "application/x-www-form-urlencoded"
    told = rest.post("/oauth/introspect", {"token": str(ci.secret)}, content_type=form)
    assert told.json()["active"] is True
    assert write_notes() == 1
    assert shown(rest) == NOTHING
    assert "lastUsedAt" in rest.get(TOKEN).json()


def test_no_list_and_no_other_answer_has_it(rest: RestClient, ci: IssuedToken) -> None:
    present(ci.secret)
    write_notes()
    account = rest.get("/service-accounts/deploy").json()
    answers = [
        rest.get("/service-accounts/deploy/tokens").json()["items"][0],
        account["tokens"][0],
        rest.patch(TOKEN, {"description": "x"}).json(),
    ]
    assert [answer for answer in answers if "usage" in answer] == []
    assert "usage" in rest.get(TOKEN).json()


def test_a_dead_token_is_not_used_by_who_tries_it(
    rest: RestClient, ci: IssuedToken, note: Noting
) -> None:
    for reason in (Reason.REVOKED, Reason.EXPIRED, Reason.ACCOUNT_OFF, Reason.ORGANIZATION_GONE):
        note(ci.token.id, reason, NOON, asking("thief"))
    assert write_notes() == 1
    assert shown(rest) == NOTHING


def test_a_neighbours_token_of_that_name_keeps_its_own(
    rest: RestClient, outsider: Membership, ci: IssuedToken, note: Noting
) -> None:
    stranger = acting(outsider)
    assert stranger.post("/service-accounts", {"name": "D", "slug": "deploy"}).status_code == 201
    made = stranger.post("/service-accounts/deploy/tokens", {"name": "CI", "slug": "ci"})
    note(ci.token.id, Reason.GOOD, NOON, asking("ours"))
    present(made.json()["token"], HTTP_USER_AGENT="theirs")
    write_notes()
    assert values(rest, "userAgents") == ["ours"]
    assert values(stranger, "userAgents") == ["theirs"]


@pytest.mark.parametrize("rounds", [1, 3], ids=["at-once", "in-rounds"])
def test_the_newest_of_each_kind_are_kept(
    rest: RestClient, ci: IssuedToken, note: Noting, rounds: int
) -> None:
    other = uuid4()
    note(other, Reason.GOOD, NOON - 9 * HOUR, asking("of another token"))
    most = 3 * MOST_KEPT
    for number in range(most):
        asked = asking(f"agent {number}", f"10.0.{number}.1")
        note(ci.token.id, Reason.GOOD, NOON + number * SECOND, asked)
        if (number + 1) % (most // rounds) == 0:
            write_notes()
    newest = range(most - 1, most - 1 - MOST_KEPT, -1)
    assert values(rest, "userAgents") == [f"agent {number}" for number in newest]
    assert values(rest, "addresses") == [f"10.0.{number}.0/24" for number in newest]
    own = TokenUse.objects.filter(token=ci.token)
    assert own.count() == 2 * MOST_KEPT
    assert TokenUse.objects.filter(token_id=other).count() == 1


def test_who_calls_itself_another_each_time_leaves_room_for_others(
    rest: RestClient, ci: IssuedToken, note: Noting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "MOST_OF_TOKEN", 5)
    loud = uuid4()
    for number in range(50):
        note(loud, Reason.GOOD, NOON + number * SECOND, asking(f"agent {number}"))
    note(ci.token.id, Reason.GOOD, NOON, asking("quiet"))
    assert write_notes() == 2
    assert TokenUse.objects.filter(token_id=loud).count() == 5
    assert TokenUsage.objects.get(pk=loud).last_used_at == NOON + 49 * SECOND
    assert values(rest, "userAgents") == ["quiet"]


def test_without_room_for_callers_the_time_is_noted_still(
    ci: IssuedToken, note: Noting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "MOST_NOTES", 2)
    tokens = [uuid4() for _ in range(5)]
    for token in tokens:
        note(token, Reason.GOOD, NOON, asking("curl/8"))
        note(token, Reason.GOOD, NOON + SECOND, asking("curl/8"))
    assert write_notes() == 4
    assert TokenUse.objects.count() == 2
    assert set(TokenUsage.objects.values_list("last_used_at", flat=True)) == {NOON + SECOND}


def test_a_long_head_is_one_note_like_a_short_one(
    rest: RestClient, ci: IssuedToken, note: Noting
) -> None:
    for end in ("a", "b"):
        note(ci.token.id, Reason.GOOD, NOON, asking("n" * 60_000 + end))
    assert write_notes() == 1
    assert [use["count"] for use in shown(rest)["userAgents"]] == [2]


def test_a_database_that_is_away_gets_every_count_later(
    rest: RestClient, ci: IssuedToken, note: Noting
) -> None:
    def away(execute: Any, sql: str, *asked: Any) -> Any:
        if "tokenuse" in sql:
            note(ci.token.id, Reason.GOOD, NOON, asking("curl/8"))
            raise OperationalError("the server closed the connection")
        return execute(sql, *asked)

    for _ in range(3):
        note(ci.token.id, Reason.GOOD, NOON - HOUR, asking("curl/8"))
    for _ in range(2):
        with connection.execute_wrapper(away), pytest.raises(OperationalError):
            write_notes()
        assert not TokenUsage.objects.exists(), "all of a token is written, or nothing"
    assert write_notes() == 1
    [use] = shown(rest)["userAgents"]
    assert (use["count"], use["firstAt"], use["lastAt"]) == (
        5,
        "2030-01-31T11:00:00Z",
        "2030-01-31T12:00:00Z",
    )
