"""What support leads do to members: another role, the end of a membership, an invitation."""

from typing import Any

import pytest
from django.test import Client

from accounts import jwt
from accounts.actor import Actor
from accounts.models import AuditEvent, Invitation, Membership, Organization, User
from accounts.roles import Role
from accounts.services.organizations import delete_organization
from accounts.services.staff import set_staff_role
from accounts.staff import StaffRole
from accounts.web.invitation_mail import TO_CONSOLE
from tests.admin.acts import REASON, do, told, whoami
from tests.clients import RestClient
from tests.conftest import make_member
from tests.console.inviting import LINK
from tests.console.pages import browser_of, words_on


def page_of(member: Membership) -> str:
    """Return the page of a membership."""
    return f"/admin/accounts/membership/{member.pk}"


@pytest.fixture
def organization_page(acme: Organization) -> str:
    """The page of `acme`."""
    return f"/admin/accounts/organization/{acme.pk}"


def role_of(member: Membership) -> str:
    """Return the role that a member has now."""
    return Membership.objects.get(pk=member.pk).role


def test_a_role_counts_at_once(lead: Client, admin: Membership) -> None:
    rest = RestClient("/api", jwt.mint(admin))
    body = {"name": "Made", "slug": "made-1"}
    assert rest.post("/service-accounts", body).status_code == 201
    page = do(lead, f"{page_of(admin)}/role", role="viewer")
    assert "Adam has the role Viewer now." in words_on(page)
    assert rest.post("/service-accounts", {**body, "slug": "made-2"}).status_code == 403
    event = told("member.role_changed")
    assert event.changes["role"] == {"before": "admin", "after": "viewer"}
    assert event.target_id == admin.user_id


def test_an_owner_is_made_and_unmade(lead: Client, owner: Membership, admin: Membership) -> None:
    do(lead, f"{page_of(admin)}/role", role="owner")
    assert role_of(admin) == Role.OWNER
    do(lead, f"{page_of(owner)}/role", role="admin")
    assert role_of(owner) == Role.ADMIN


@pytest.mark.parametrize("act", ["role", "remove"])
def test_the_last_owner_stays(act: str, lead: Client, owner: Membership) -> None:
    answer = lead.post(f"{page_of(owner)}/{act}", {"reason": REASON, "role": "viewer"})
    assert answer.status_code == 409
    assert "An organization always keeps an owner." in words_on(answer)
    assert REASON in words_on(answer)
    assert role_of(owner) == Role.OWNER
    assert not AuditEvent.objects.filter(actor_type="staff").exists()


@pytest.mark.parametrize("role", ["", "king"])
def test_there_is_no_other_role(role: str, lead: Client, admin: Membership) -> None:
    answer = lead.post(f"{page_of(admin)}/role", {"reason": REASON, "role": role})
    assert answer.status_code == 422
    assert "must be one of" in words_on(answer).lower()
    assert role_of(admin) == Role.ADMIN


def test_a_removed_member_is_refused_at_once(lead: Client, admin: Membership) -> None:
    credential, browser = jwt.mint(admin), browser_of(admin)
    assert whoami(credential) == 200
    page = do(lead, f"{page_of(admin)}/remove")
    assert "Adam is no member of Acme any more." in words_on(page)
    assert whoami(credential) == 401
    assert browser.get("/console/acme/service-accounts").status_code == 404
    assert told("member.removed").changes["role"] == {"before": "admin", "after": None}


def test_who_was_removed_is_told_of_as_that(lead: Client, admin: Membership) -> None:
    do(lead, f"{page_of(admin)}/remove")
    assert "Adam is no member any more." in words_on(do(lead, f"{page_of(admin)}/remove"))
    again = do(lead, f"{page_of(admin)}/role", role="owner")
    assert "Adam is no member any more." in words_on(again)
    assert "/remove" not in lead.get(page_of(admin)).content.decode()
    assert AuditEvent.objects.filter(actor_type="staff").count() == 1
    assert Membership.objects.get(pk=admin.pk).removed_at is not None


def test_the_owner_reads_who_changed_their_members(
    lead: Client, admin: Membership, rest: RestClient, owner: Membership
) -> None:
    do(lead, f"{page_of(admin)}/role", role="viewer")
    [line] = rest.get("/audit-events?action=member.role_changed").json()["items"]
    assert (line["actor"]["type"], line["changes"]["reason"]["after"]) == ("staff", REASON)
    log = words_on(browser_of(owner).get("/console/acme/audit-log"))
    assert "Sam the support lead" in log
    assert REASON in words_on(lead.get(f"{page_of(admin)}/history"))


def test_somebody_is_invited_and_the_link_is_shown_once(
    lead: Client, organization_page: str, acme: Organization, outsider: Membership
) -> None:
    answer = lead.post(
        f"{organization_page}/invite", {"reason": REASON, "role": "developer", "email": ""}
    )
    assert answer.status_code == 303
    assert "wdi_" not in str(dict(answer.headers))
    address = answer.headers["Location"]
    lead.get(address, headers={"Sec-Purpose": "prefetch"})
    lead.head(address)
    link = LINK.search(words_on(lead.get(address)))
    assert link is not None
    assert "wdi_" not in words_on(lead.get(address))
    assert "The link was shown once" in words_on(lead.get(address))
    event = told("invitation.created")
    assert event.changes["role"] == {"before": None, "after": "developer"}
    assert browser_of(outsider).post(link[1], {"join": "1"}).status_code == 303
    joined = Membership.objects.get(organization=acme, user=outsider.user)
    assert joined.role == Role.DEVELOPER


@pytest.mark.parametrize("role", [StaffRole.SUPPORT, None])
def test_who_is_no_lead_any_more_leaves_no_link_that_opens(
    lead: Client, organization_page: str, outsider: Membership, role: StaffRole | None
) -> None:
    made = lead.post(f"{organization_page}/invite", {"reason": REASON, "role": "owner"})
    link = LINK.search(words_on(lead.get(made.headers["Location"])))
    assert link is not None
    assert browser_of(outsider).get(link[1]).status_code == 200
    set_staff_role(User.objects.get(email__startswith="support-lead@"), role)
    assert browser_of(outsider).post(link[1], {"join": "1"}).status_code == 410


def test_nobody_is_invited_to_an_organization_that_is_gone(
    lead: Client, organization_page: str, acme: Organization
) -> None:
    delete_organization(Actor.system(acme.id), acme)
    lead.post(f"{organization_page}/invite", {"reason": REASON, "role": "owner"})
    assert not Invitation.objects.exists()


def test_an_owner_is_invited_too(lead: Client, organization_page: str, settings: Any) -> None:
    settings.EMAIL_BACKEND = TO_CONSOLE
    page = do(lead, f"{organization_page}/invite", role="owner", email="eve@new.test")
    assert LINK.search(words_on(page))
    assert "No mail was sent to eve@new.test: hand the link on yourself." in words_on(page)
    made = Invitation.objects.get()
    assert (made.role, made.email) == ("owner", "eve@new.test")


def test_a_member_is_not_invited_again(
    lead: Client, organization_page: str, admin: Membership
) -> None:
    sent = {"reason": REASON, "role": "viewer", "email": "adam@acme.test"}
    answer = lead.post(f"{organization_page}/invite", sent)
    assert answer.status_code == 422
    assert "Is a member already" in words_on(answer)
    assert not Invitation.objects.exists()


def test_an_invitation_is_revoked(
    lead: Client, organization_page: str, outsider: Membership
) -> None:
    link = LINK.search(words_on(do(lead, f"{organization_page}/invite", role="viewer")))
    assert link is not None
    made = f"/admin/accounts/invitation/{Invitation.objects.get().pk}"
    assert f'href="{made}/revoke"' in lead.get(made).content.decode()
    assert "The invitation is revoked." in words_on(do(lead, f"{made}/revoke"))
    assert browser_of(outsider).get(link[1]).status_code == 410
    assert "is over already" in words_on(do(lead, f"{made}/revoke"))
    told("invitation.revoked")


@pytest.mark.parametrize("role", ["auditor", "support"])
def test_only_a_lead_is_offered_to_change_members(
    role: str,
    request: pytest.FixtureRequest,
    lead: Client,
    admin: Membership,
    organization_page: str,
) -> None:
    do(lead, f"{organization_page}/invite", role="viewer")
    made = f"/admin/accounts/invitation/{Invitation.objects.get().pk}"
    pages = {
        page_of(admin): ("role", "remove"),
        organization_page: ("invite",),
        made: ("revoke",),
    }
    browser = request.getfixturevalue(role)
    for page, acts in pages.items():
        for act in acts:
            address = f"{page}/{act}"
            assert f'href="{address}"' in lead.get(page).content.decode()
            assert f'href="{address}"' not in browser.get(page).content.decode()


def test_a_reason_is_needed(lead: Client, admin: Membership, organization_page: str) -> None:
    make_member(admin.organization, Role.OWNER, "Olga")
    for address, typed in (
        (f"{page_of(admin)}/role", {"role": "owner"}),
        (f"{page_of(admin)}/remove", {}),
        (f"{organization_page}/invite", {"role": "viewer"}),
    ):
        answer = lead.post(address, {"reason": "", **typed})
        assert answer.status_code == 422
        assert "Must be at least 1 character" in words_on(answer)
    assert not AuditEvent.objects.filter(actor_type="staff").exists()
