"""Acts of staff at the same moment: one is done, the others are told so, and rules still hold."""

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditEvent, Invitation, Membership, Organization
from accounts.roles import Role
from tests.admin.acts import REASON
from tests.conftest import make_member
from tests.console.at_once import MANY, at_once
from tokens.services.issue import IssuedToken

pytestmark = [
    pytest.mark.race,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
    pytest.mark.django_db(transaction=True),
]

ORGANIZATION = "/admin/accounts/organization"


def tab(browser: Client) -> Client:
    """Return another tab of a browser."""
    other = Client()
    other.cookies = browser.cookies
    return other


def lines(action: str) -> int:
    """Return how many lines of the log tell of an action by staff."""
    return AuditEvent.objects.filter(action=action, actor_type="staff").count()


def test_one_form_that_is_sent_by_many_makes_one_organization(lead: Client) -> None:
    typed = {"reason": REASON, "name": "N", "slug": "newco", "email": "eve@new.test", "once": "1"}

    def send(_: int) -> int:
        return tab(lead).post(f"{ORGANIZATION}/-/new", typed).status_code

    assert at_once(send) == [303] * MANY
    assert Organization.objects.filter(slug="newco").count() == 1
    assert (Invitation.objects.count(), lines("organization.created")) == (1, 1)


def test_of_many_forms_for_one_slug_one_is_heard(lead: Client) -> None:
    typed = {"reason": REASON, "name": "N", "slug": "newco", "email": "eve@new.test"}

    def send(number: int) -> int:
        sent = {**typed, "once": str(number)}
        return tab(lead).post(f"{ORGANIZATION}/-/new", sent).status_code

    assert sorted(at_once(send)) == [303] + [409] * (MANY - 1)
    assert (Invitation.objects.count(), lines("organization.created")) == (1, 1)


def test_what_many_do_is_done_and_told_once(
    lead: Client, acme: Organization, ci: IssuedToken
) -> None:
    token, account = ci.token, ci.token.service_account
    acts = {
        f"/admin/tokens/token/{token.pk}/revoke": "token.revoked",
        f"/admin/accounts/serviceaccount/{account.pk}/disable": "service_account.disabled",
        f"{ORGANIZATION}/{acme.pk}/suspend": "organization.suspended",
    }
    for address, action in acts.items():

        def send(_: int, address: str = address) -> int:
            return tab(lead).post(address, {"reason": REASON}).status_code

        assert at_once(send) == [303] * MANY
        assert lines(action) == 1


def test_of_two_owners_one_stays_whoever_demotes_them(lead: Client, owner: Membership) -> None:
    owners = [owner, make_member(owner.organization, Role.OWNER, "Olga")]

    def send(number: int) -> int:
        address = f"/admin/accounts/membership/{owners[number % 2].pk}/remove"
        return tab(lead).post(address, {"reason": REASON}).status_code

    assert set(at_once(send)) == {303, 409}
    left = Membership.objects.filter(role=Role.OWNER, removed_at=None)
    assert left.count() == 1
