"""``GET /audit-events``: who may read the log, and how it is filtered."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEvent, Membership
from tests.clients import RestClient
from tests.conftest import acting
from tokens.services.issue import IssuedToken


def shown(client: RestClient, query: str = "") -> list[dict[str, Any]]:
    """Return the lines that the log shows for a query."""
    answer = client.get(f"/audit-events{query}")
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_line_is_told_whole(rest: RestClient, owner: Membership, ci: IssuedToken) -> None:
    rest.patch("/service-accounts/deploy", {"externalId": "x-1"}, headers={"X-Request-Id": "r-1"})
    line = shown(rest)[0]
    event = AuditEvent.objects.get(action="service_account.changed")
    assert line.pop("at").endswith("Z")
    assert line == {
        "id": str(event.id),
        "action": "service_account.changed",
        "actor": {"id": str(owner.user_id), "name": "Owner of acme", "type": "user"},
        "target": {
            "type": "service_account",
            "id": str(ci.token.service_account_id),
            "slug": "deploy",
        },
        "changes": {"externalId": {"before": None, "after": "x-1"}},
        "requestId": "r-1",
        "address": "127.0.0.1",
    }


def test_the_newest_comes_first_and_a_walk_sees_each_line_once(
    rest: RestClient, door: str, ci: IssuedToken
) -> None:
    client = RestClient(door, rest.credential)
    for at in range(5):
        client.post("/service-accounts", {"name": f"A{at}"})
    expected = [
        str(pk) for pk in AuditEvent.objects.order_by("-at", "-id").values_list("pk", flat=True)
    ]
    walked, query = [], "?limit=2"
    while True:
        page = client.get(f"/audit-events{query}")
        walked += [item["id"] for item in page.json()["items"]]
        client.post("/service-accounts", {"name": "meanwhile"})
        if not page.json()["hasMore"]:
            break
        assert f"{door}/audit-events?limit=2&cursor=" in page.headers["Link"]
        query = f"?limit=2&cursor={page.json()['nextCursor']}"
    assert walked == expected


def test_the_filters(rest: RestClient, admin: Membership, ci: IssuedToken) -> None:
    acting(admin).post("/service-accounts/deploy/disable")
    every = shown(rest)
    by_action = shown(rest, "?action=token.issued")
    assert [line["target"]["slug"] for line in by_action] == ["ci"]
    by_actor = shown(rest, f"?actor={admin.user_id}")
    assert [line["action"] for line in by_actor] == ["service_account.disabled"]
    by_target = shown(rest, f"?target={ci.token.service_account_id}")
    assert [line["action"] for line in by_target] == [
        "service_account.disabled",
        "service_account.created",
    ]
    assert by_target == [line for line in every if line["target"]["slug"] == "deploy"]
    both = f"?actor={admin.user_id}&target={ci.token.service_account_id}"
    assert shown(rest, both) == by_actor
    assert shown(rest, f"{both}&action=token.issued") == []
    assert shown(rest, "?action=no.such") == []


def test_from_is_included_and_to_is_not(rest: RestClient, ci: IssuedToken) -> None:
    event = AuditEvent.objects.get(action="token.issued")
    own = f"&target={event.target_id}"

    def bound(member: str, microseconds: int) -> str:
        moment = event.at + timedelta(microseconds=microseconds)
        return f"{member}={moment.isoformat().replace('+00:00', 'Z')}"

    def found(*bounds: str) -> bool:
        return len(shown(rest, f"?{'&'.join(bounds)}{own}")) == 1

    assert found(bound("from", 0))
    assert not found(bound("from", 1))
    assert not found(bound("to", 0))
    assert found(bound("to", 1))
    assert found(bound("from", 0), bound("to", 1))
    assert not found(bound("from", 0), bound("to", 0))


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("?from=2030-01-31", "query.from"),
        ("?to=2030-01-31T12:00:00", "query.to"),
        ("?from=2030-01-31T12:00:00Z&to=2029-01-31T12:00:00Z", "query.from"),
        ("?actor=me", "query.actor"),
        ("?target=deploy", "query.target"),
        ("?action=%C3%A9", "query.action"),
        ("?limit=0", "query.limit"),
        ("?limit=201", "query.limit"),
        ("?sort=at", "query.sort"),
        ("?organization=acme", "query.organization"),
        ("?action=a.b&action=c.d", "query.action"),
    ],
)
def test_an_odd_query_is_refused_by_name(
    query: str, location: str, rest: RestClient, door: str
) -> None:
    answer = RestClient(door, rest.credential).get(f"/audit-events{query}")
    assert answer.status_code == 422
    assert [fault["location"] for fault in answer.json()["errors"]] == [location]


@pytest.mark.parametrize("query", ["?cursor=x", "?cursor=", "?cursor=%C3%A9"])
def test_an_odd_cursor_is_refused(query: str, rest: RestClient) -> None:
    answer = rest.get(f"/audit-events{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "Request.Malformed")
    assert [fault["location"] for fault in answer.json()["errors"]] == ["query.cursor"]


def test_a_cursor_belongs_to_its_query(rest: RestClient, ci: IssuedToken) -> None:
    cursor = rest.get("/audit-events?limit=1").json()["nextCursor"]
    assert rest.get(f"/audit-events?limit=2&cursor={cursor}").status_code == 200
    assert rest.get(f"/audit-events?action=token.issued&cursor={cursor}").status_code == 400
    assert rest.get(f"/service-accounts?cursor={cursor}").status_code == 400


def test_the_log_needs_read_audit(
    door: str, developer: Membership, viewer: Membership, ci: IssuedToken
) -> None:
    for member in (developer, viewer):
        assert acting(member, door).get("/audit-events").status_code == 200
    answer = RestClient(door, str(ci.secret)).get("/audit-events")
    assert (answer.status_code, answer.json()["code"]) == (403, "Auth.MissingScope")
    assert 'scope="read:audit"' in answer.headers["WWW-Authenticate"]
    assert RestClient(door).get("/audit-events").status_code == 401


def test_a_neighbours_lines_are_not_shown_whatever_is_asked(
    outsider: Membership, owner: Membership, ci: IssuedToken
) -> None:
    stranger = acting(outsider)
    own = shown(stranger)
    assert {line["target"]["slug"] for line in own} == {"rival", "owner@rival.test"}
    for query in (
        f"?actor={owner.user_id}",
        f"?target={ci.token.id}",
        f"?target={owner.organization_id}",
        "?action=token.issued",
    ):
        assert shown(stranger, query) == []


def test_the_log_cannot_be_written_over_rest(rest: RestClient, door: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = RestClient(door, rest.credential).ask(method, "/audit-events", {})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
