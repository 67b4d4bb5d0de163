"""The audit log in the admin: every organization's, narrowed, read and exported."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import emit
from accounts.models import AuditEvent, Membership, Organization, ServiceAccount, User
from accounts.services.organizations import delete_organization
from tests.admin.lists import rows_on
from tests.console.pages import is_page, words_on
from tokens.services.issue import IssuedToken

LOG = "/admin/accounts/auditevent/"


def test_every_organizations_lines_stand_there_newest_first(
    auditor: Client, owner: Membership, outsider: Membership, ci: IssuedToken
) -> None:
    words = words_on(auditor.get(LOG))
    assert "created the token ci" in words
    assert "rival" in words
    newest = words.index("created the token ci")
    assert newest < words.index("created the organization acme")


def test_a_line_leads_to_whoever_and_whatever_it_names(
    auditor: Client, owner: Membership, deploy: ServiceAccount
) -> None:
    line = AuditEvent.objects.get(action="service_account.created")
    assert f'href="{LOG}{line.pk}"' in auditor.get(LOG).content.decode()
    answer = auditor.get(f"{LOG}{line.pk}")
    page, words = answer.content.decode(), words_on(answer)
    assert f'href="/admin/accounts/serviceaccount/{deploy.pk}"' in page
    assert f'href="/admin/accounts/organization/{owner.organization_id}"' in page
    for told in ("created the service account deploy", "Operator", "read:releases", "deploy"):
        assert told in words
    assert line.request_id in words
    assert auditor.get(f"{LOG}{line.pk}/history").status_code == 404


def test_what_was_deleted_keeps_its_rows_on(auditor: Client, acme: Organization) -> None:
    delete_organization(Actor.system(acme.id), acme)
    words = words_on(auditor.get(LOG, {"organization": "acme"}))
    assert "deleted the organization acme" in words


def test_an_unknown_action_and_actor_are_shown_as_they_are(auditor: Client) -> None:
    event = AuditEvent.objects.create(
        organization_id=uuid.uuid4(),
        at=timezone.now(),
        action="thing.happened",
        actor_id=uuid.uuid4(),
        actor_name="Robot",
        actor_type="robot",
        target_type="thing",
        target_id=uuid.uuid4(),
        request_id="r-1",
    )
    for address in (LOG, f"{LOG}{event.pk}"):
        words = words_on(auditor.get(address))
        assert "Robot robot" in words
        assert "thing.happened" in words
        assert str(event.organization_id) in words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"organization": "acme", "action": "token.issued"}, 1),
        ({"organization": "rival", "action": "token.issued"}, 0),
        ({"action": "token.issued"}, 1),
        ({"action": "token.lost"}, 0),
        ({"actor_type": "staff"}, 0),
        ({"actor_type": "system", "action": "token.issued"}, 1),
        ({"target": "{token}"}, 1),
        ({"target": "{token}", "organization": "acme"}, 1),
        ({"actor": "{token}"}, 0),
        ({"actor": "00000000-0000-0000-0000-000000000000", "target": "{token}"}, 1),
        ({"target": "x"}, 0),
        ({"organization": "nowhere"}, 0),
        ({"from": "{today}", "target": "{token}"}, 1),
        ({"to": "{today}", "target": "{token}"}, 1),
        ({"from": "{tomorrow}"}, 0),
        ({"to": "{yesterday}"}, 0),
        ({"from": "{today}", "to": "{today}", "action": "token.issued"}, 1),
        ({"from": "yesterday"}, 0),
        ({"to": "9999-12-31"}, 0),
        ({"from": "0001-01-01"}, 0),
    ],
)
def test_the_log_is_narrowed(
    auditor: Client, ci: IssuedToken, outsider: Membership, query: dict[str, str], found: int
) -> None:
    today = timezone.localdate()
    facts = {
        "token": ci.token.pk,
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "yesterday": today - timedelta(days=1),
    }
    given = {name: value.format(**facts) for name, value in query.items()}
    assert rows_on(auditor.get(LOG, given)) == found


def test_days_are_the_readers(auditor: Client, acme: Organization) -> None:
    """Kiritimati is 14 hours ahead of UTC: its day of a line is one later from 10 o'clock on."""
    User.objects.filter(email="auditor@staff.test").update(time_zone="Pacific/Kiritimati")
    noon = timezone.now().replace(year=2020, month=3, day=1, hour=12)
    AuditEvent.objects.create(
        organization_id=acme.pk, at=noon, action="organization.changed", actor_id=acme.pk,
        actor_name="X", actor_type="user", target_type="organization", target_id=acme.pk,
        request_id="r",
    )  # fmt: skip
    assert rows_on(auditor.get(LOG, {"to": "2020-03-01"})) == 0
    assert rows_on(auditor.get(LOG, {"from": "2020-03-02", "to": "2020-03-02"})) == 1


def test_the_log_costs_the_same_however_long_it_is(auditor: Client, acme: Organization) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert auditor.get(LOG).status_code == 200
        return len(asked)

    few = cost()
    for _ in range(30):
        emit(Actor.system(acme.id), "organization.changed", acme)
    assert cost() == few


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_has_the_lines_that_the_list_is_narrowed_to(
    auditor: Client, owner: Membership, outsider: Membership, deploy: ServiceAccount, form: str
) -> None:
    answer = auditor.get(f"{LOG}export.{form}?organization=acme")
    assert answer.status_code == 200
    text = answer.getvalue().decode()
    assert "service_account.created" in text
    assert "rival" not in text
    if form == "json":
        told = [json.loads(line) for line in text.splitlines()]
        [made] = [line for line in told if line["action"] == "service_account.created"]
        assert made["changes"]["scopes"] == {"before": None, "after": ["read:releases"]}
        assert made["target_id"] == str(deploy.pk)
    else:
        assert '""scopes"": {""' in text, "JSON, in a cell"


@pytest.mark.parametrize(
    "name", ["organization", "action", "actor_type", "actor", "target", "from", "to", "p"]
)
@pytest.mark.parametrize("odd", ["%00", "%ED%A0%80", "-1", "[]", "x" * 3000])
def test_an_odd_query_gets_a_page(auditor: Client, ci: IssuedToken, name: str, odd: str) -> None:
    answer = auditor.get(f"{LOG}?{name}={odd}")
    assert is_page(answer)
