"""Invitations as who makes them sees them: shown once, mailed, listed, revoked."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Invitation, Membership, Organization
from accounts.redaction import REDACTED, redact
from accounts.roles import Role
from tests.console.inviting import INVITATIONS, LINK, NEW, link_for
from tests.console.pages import browser_of, words_on
from tests.organizations.rows import all_rows, unchanged

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_link_is_shown_once(owner: Membership) -> None:
    browser = browser_of(owner)
    made = browser.post(NEW, {"role": "developer", "email": ""})
    assert made.status_code == 303
    assert "wdi_" not in str(dict(made.headers))
    address = made.headers["Location"]
    assert browser.head(address).status_code == 200
    assert browser.get(address, headers={"Sec-Purpose": "prefetch"}).status_code == 200
    first = browser.get(address)
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["Referrer-Policy"] == "same-origin"
    assert LINK.search(words_on(first))
    for again in (browser.get(address), browser_of(owner).get(address)):
        assert "wdi_" not in words_on(again)
        assert "The link was shown once" in words_on(again)


def test_the_menu_has_them_among_the_members(owner: Membership) -> None:
    for address in (INVITATIONS, NEW):
        page = browser_of(owner).get(address).content.decode()
        assert 'href="/console/acme/members" aria-current="page"' in page


def test_the_link_stands_nowhere_in_the_database(owner: Membership) -> None:
    browser = browser_of(owner)
    answer = browser.post(NEW, {"role": "viewer", "email": ""})
    unread = str(all_rows())
    mark = re.search(r"wdi_([\w-]{54})", words_on(browser.get(answer.headers["Location"])))
    assert mark is not None
    for told in (unread, str(all_rows())):
        assert mark[1] not in told
        assert mark[1].encode().hex() not in told


def test_the_mark_of_a_link_is_redacted_wherever_one_is_logged(owner: Membership) -> None:
    path = link_for(owner)
    assert redact(f"GET {path}") == f"GET /console/-/invitations/{REDACTED}"


def test_it_is_told_in_the_log(owner: Membership) -> None:
    link_for(owner, "developer", "nora@new.test")
    event = AuditEvent.objects.get(action="invitation.created")
    assert (event.actor_id, event.target_slug) == (owner.user_id, "nora@new.test")
    assert event.changes["role"] == {"before": None, "after": "developer"}
    assert "wdi_" not in str(event.changes)


@pytest.mark.parametrize("who", ["developer", "viewer"])
def test_who_cannot_manage_members_makes_none(
    who: str, request: pytest.FixtureRequest, owner: Membership
) -> None:
    link_for(owner)
    made = Invitation.objects.get()
    browser = browser_of(request.getfixturevalue(who))
    for address in (INVITATIONS, NEW, f"{INVITATIONS}/{made.pk}"):
        assert browser.get(address).status_code == 403
        assert browser.post(address, {"role": "viewer"}).status_code == 403
    assert Invitation.objects.get().revoked_at is None


def test_an_outsider_finds_nothing_and_changes_nothing(
    owner: Membership, outsider: Membership
) -> None:
    link_for(owner)
    made, browser = Invitation.objects.get(), browser_of(outsider)
    assert browser.get("/console/rival/members").status_code == 200
    before = all_rows()
    for address in (INVITATIONS, NEW, f"{INVITATIONS}/{made.pk}"):
        for theirs in (address, address.replace("acme", "rival")):
            if theirs in {"/console/rival/invitations", "/console/rival/invitations/new"}:
                continue
            assert browser.get(theirs).status_code == 404
            assert browser.post(theirs, {"role": "viewer"}).status_code == 404
    assert unchanged(before)


def test_an_admin_invites_no_owner(admin: Membership) -> None:
    browser = browser_of(admin)
    assert 'value="owner"' not in browser.get(NEW).content.decode()
    assert browser.post(NEW, {"role": "owner"}).status_code == 403
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"role": ""}, "role"),
        ({"role": "king"}, "role"),
        ({"role": "viewer", "email": "nobody"}, "email"),
        ({"role": "viewer", "email": "OWNER@acme.test"}, "email"),
    ],
)
def test_a_bad_value_is_refused_beside_its_field_and_stays_there(
    owner: Membership, sent: dict[str, str], field: str
) -> None:
    answer = browser_of(owner).post(NEW, sent)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert sent.get("email", "") in answer.content.decode()
    assert not Invitation.objects.exists()


def test_it_is_mailed_where_an_address_was_given(owner: Membership) -> None:
    path = link_for(owner, email="nora@new.test")
    [sent] = mail.outbox
    assert sent.to == ["nora@new.test"]
    assert path in str(sent.body)
    assert "Owner of acme invites you to Acme." in str(sent.body)


def test_no_mail_goes_to_a_console(owner: Membership, settings: Any, capsys: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    sent = {"role": "viewer", "email": "nora@new.test"}
    answer = browser_of(owner).post(NEW, sent, follow=True)
    assert "No mail was sent to nora@new.test" in words_on(answer)
    assert "wdi_" not in capsys.readouterr().out


def test_open_ones_are_listed_and_can_be_revoked(admin: Membership) -> None:
    path = link_for(admin, email="nora@new.test")
    made, browser = Invitation.objects.get(), browser_of(admin)
    assert "nora@new.test" in words_on(browser.get(INVITATIONS))
    answer = browser.post(f"{INVITATIONS}/{made.pk}", follow=True)
    assert "The invitation is revoked." in words_on(answer)
    assert "No invitation is open" in words_on(answer)
    assert Client().get(path).status_code == 410
    browser.post(f"{INVITATIONS}/{made.pk}")
    assert AuditEvent.objects.filter(action="invitation.revoked").count() == 1


def test_a_thousand_cost_as_much_as_ten(owner: Membership, acme: Organization) -> None:
    browser, costs, sizes = browser_of(owner), [], []
    for size in (30, 970):
        Invitation.objects.bulk_create(
            Invitation(
                organization=acme,
                role=Role.VIEWER,
                digest=f"{size}-{at}".encode(),
                inviter=owner.user,
                inviter_name="Owner",
                expires_at=timezone.now() + timedelta(days=1),
            )
            for at in range(size)
        )
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(INVITATIONS)
        costs.append(len(queries))
        sizes.append(len(answer.content))
    assert costs[0] == costs[1]
    assert max(sizes) < 36_000
    assert 'rel="next"' in answer.content.decode()
