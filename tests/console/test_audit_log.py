"""The audit log as a page: by day, filtered, in words, page by page, and as a file."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor, Kind
from accounts.models import AuditEvent, Membership, Organization
from accounts.roles import Role
from accounts.services import audit_export
from accounts.services.memberships import remove_member
from accounts.services.outsiders import take_in_outsider
from accounts.web.sentences import SENTENCES
from tests.audit.written import written
from tests.clients import RestClient
from tests.conftest import acting
from tests.console.pages import browser_of, words_on
from tokens.services.issue import IssuedToken

pytestmark = pytest.mark.django_db(transaction=True)

LOG = "/console/acme/audit-log"


def line(organization: Organization, **facts: Any) -> AuditEvent:
    """Write one line of the log."""
    described: dict[str, Any] = {
        "organization_id": organization.id,
        "at": timezone.now(),
        "action": "token.issued",
        "actor_id": uuid4(),
        "actor_name": "Ada Lovelace",
        "actor_type": "user",
        "target_type": "token",
        "target_id": uuid4(),
        "target_slug": "ci",
        "request_id": "r-1",
    }
    return AuditEvent.objects.create(**described | facts)


@pytest.mark.parametrize("who", ["owner", "admin", "developer", "viewer"])
def test_every_role_reads_the_log(
    who: str, ci: IssuedToken, request: pytest.FixtureRequest
) -> None:
    answer = browser_of(request.getfixturevalue(who)).get(LOG)
    assert answer.status_code == 200
    assert "created the token ci" in words_on(answer)


@pytest.mark.parametrize("page", [LOG, f"{LOG}/export"])
def test_the_log_is_not_there_for_an_outsider(
    page: str, ci: IssuedToken, outsider: Membership
) -> None:
    answer = browser_of(outsider).get(page)
    assert answer.status_code == 404
    assert "ci" not in words_on(answer).split()


def test_nothing_of_a_neighbour_stands_in_it(owner: Membership, outsider: Membership) -> None:
    line(outsider.organization, target_slug="their-token")
    browser = browser_of(owner)
    assert "their-token" not in words_on(browser.get(LOG))
    assert b"their-token" not in browser.get(f"{LOG}/export").getvalue()


def test_every_action_has_a_sentence_and_no_sentence_is_of_nothing() -> None:
    assert written() == set(SENTENCES)


@pytest.mark.parametrize("action", SENTENCES)
def test_a_sentence_tells_of_its_target_by_name(owner: Membership, action: str) -> None:
    changes = {
        "role": {"before": "viewer", "after": "admin"},
        "issuer": {"before": None, "after": "https://login.test"},
        "deleted": {"before": None, "after": 3},
        "before": {"before": None, "after": "2030-01-01"},
    }
    line(owner.organization, action=action, target_slug="<b>named</b>", changes=changes)
    answer = browser_of(owner).get(LOG, {"action": action})
    assert answer.status_code == 200
    assert "<b>named</b>" not in answer.content.decode()
    assert "{" not in words_on(answer).partition("Newest first")[0].rpartition("Today")[2]
    assert f"Ada Lovelace {action}" not in words_on(answer)


def test_what_staff_did_is_marked(owner: Membership) -> None:
    line(owner.organization, actor_type=Kind.STAFF, actor_name="Sam Support")
    assert "Sam Support Support staff created the token ci" in words_on(browser_of(owner).get(LOG))


def test_an_entry_says_what_changed_and_whence(
    rest: RestClient, owner: Membership, ci: IssuedToken
) -> None:
    rest.patch(
        "/service-accounts/deploy", {"name": "Deployer"}, headers={"X-Request-Id": "my-request"}
    )
    told = words_on(browser_of(owner).get(LOG))
    assert "changed the service account deploy" in told
    assert "Name from Deploy to Deployer" in told
    assert "Address 127.0.0.1" in told
    assert "Request my-request" in told


def test_days_are_those_of_the_reader(owner: Membership) -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    line(owner.organization, at=late, target_slug="late")
    assert "1 March 2026" in words_on(browser_of(owner).get(LOG))
    owner.user.time_zone = "Asia/Tokyo"
    owner.user.save()
    told = words_on(browser_of(owner).get(LOG))
    assert "Monday, 2 March 2026 08:30:00" in told
    assert "late" in words_on(
        browser_of(owner).get(LOG, {"from": "2026-03-02", "to": "2026-03-02"})
    )
    assert "late" not in words_on(browser_of(owner).get(LOG, {"to": "2026-03-01"}))


def test_it_is_filtered_by_action_actor_and_target(owner: Membership) -> None:
    ours = line(owner.organization, target_slug="wanted")
    line(owner.organization, target_slug="other", action="token.revoked")
    browser = browser_of(owner)
    for query in (
        {"action": "token.issued"},
        {"actor": str(ours.actor_id)},
        {"target": str(ours.target_id)},
    ):
        told = words_on(browser.get(LOG, query))
        assert "wanted" in told
        assert "revoked the token other" not in told


@pytest.mark.parametrize(
    "query",
    [
        {"action": "nothing.done"},
        {"actor": "somebody"},
        {"target": "x"},
        {"from": "yesterday"},
        {"to": "99999-01-01"},
        {"from": "0001-01-01"},
        {"from": "2026-03-09", "to": "2026-03-01"},
    ],
)
def test_a_filter_that_cannot_be_is_refused_beside_it(
    owner: Membership, query: dict[str, str]
) -> None:
    answer = browser_of(owner).get(LOG, query)
    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode() or 'role="alert"' in answer.content.decode()
    assert browser_of(owner).get(f"{LOG}/export", query).status_code == 422


def test_an_empty_answer_says_so(owner: Membership) -> None:
    told = words_on(browser_of(owner).get(LOG, {"action": "token.revoked"}))
    assert "Nothing of this kind is in the log" in told


def test_a_walk_by_older_sees_each_line_once(owner: Membership) -> None:
    for at in range(60):
        line(owner.organization, target_slug=f"walked-{at:02}")
    browser, seen, query = browser_of(owner), [], "?action=token.issued"
    while query:
        page = browser.get(LOG + query).content.decode()
        seen += re.findall(r"<b>(walked-\d\d)</b>", page)
        found = re.search(r'href="(\?[^"]+)" rel="next"', page)
        query = found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"walked-{at:02}" for at in reversed(range(60))]


def test_a_cursor_of_another_query_is_refused(owner: Membership) -> None:
    for _ in range(30):
        line(owner.organization)
    page = browser_of(owner).get(LOG, {"action": "token.issued"}).content.decode()
    found = re.search(r"cursor=([^\"&]+)", page)
    assert found is not None
    answer = browser_of(owner).get(LOG, {"action": "token.revoked", "cursor": found[1]})
    assert answer.status_code == 400


def test_a_long_log_costs_as_much_as_a_short_one(owner: Membership) -> None:
    browser, costs = browser_of(owner), []
    for lines in (10, 990):
        for _ in range(lines):
            line(owner.organization)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LOG).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_full_page_is_small(owner: Membership) -> None:
    for _ in range(60):
        line(owner.organization, changes={"scopes": {"before": [], "after": ["read:releases"] * 5}})
    assert len(browser_of(owner).get(LOG).content) < 36_000


def test_people_without_an_address_are_called_by_their_name(
    owner: Membership, acme: Organization
) -> None:
    ada = take_in_outsider(
        Actor.system(acme.id), acme, Role.VIEWER, issuer="https://id.test", subject="a", name="Ada"
    )
    remove_member(Actor.system(acme.id), acme, ada.user)
    told = words_on(browser_of(owner).get(LOG))
    for sentence in ("created the person Ada", "added Ada with", "linked Ada to", "removed Ada"):
        assert sentence in told
    only = words_on(browser_of(owner).get(LOG, {"target": str(ada.user_id)}))
    assert "Only what happened to Ada" in only


def test_the_file_has_the_lines_of_rest_in_batches(
    owner: Membership, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_export, "BATCH", 2)
    expected = acting(owner).get("/audit-events?limit=100").json()["items"]
    answer = browser_of(owner).get(f"{LOG}/export")
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="acme-audit-log.jsonl"'
    assert answer.headers["Cache-Control"] == "no-store"
    told = [json.loads(text) for text in answer.getvalue().decode().splitlines()]
    assert len(told) > 4
    assert told == expected


def test_the_file_is_filtered_like_the_page(owner: Membership, ci: IssuedToken) -> None:
    answer = browser_of(owner).get(f"{LOG}/export", {"action": "token.issued"})
    told = [json.loads(text) for text in answer.getvalue().decode().splitlines()]
    assert [event["action"] for event in told] == ["token.issued"]


def test_who_is_removed_gets_no_more_of_the_file(
    viewer: Membership, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_export, "BATCH", 1)
    answer: Any = browser_of(viewer).get(f"{LOG}/export")
    parts = iter(answer.streaming_content)
    next(parts)
    Membership.objects.filter(pk=viewer.pk).update(removed_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(Exception, match="credential"):
        next(parts)
