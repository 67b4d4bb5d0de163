"""What support leads do to organizations: made with a first owner, suspended, resumed."""

import uuid
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts import jwt
from accounts.actor import Actor, Kind
from accounts.errors import NotAllowed
from accounts.models import AuditEvent, Invitation, Membership, Organization, ServiceAccount
from accounts.services.organizations import create_organization, delete_organization
from accounts.services.suspension import resume_organization, suspend_organization
from tests.admin.acts import REASON, do, told, validated, whoami
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.console.inviting import LINK
from tests.console.pages import browser_of, words_on
from tokens.services.issue import IssuedToken

LIST = "/admin/accounts/organization/"
NEW = f"{LIST}-/new"
ASKED = {
    "name": "New Company",
    "slug": "newco",
    "external_id": "",
    "email": "eve@new.test",
    "once": "a" * 32,
}


@pytest.fixture
def page(acme: Organization) -> str:
    """The page of `acme`."""
    return f"{LIST}{acme.pk}"


def test_a_suspended_organization_is_shut_at_once_and_resumed_as_it_was(
    lead: Client, page: str, owner: Membership, ci: IssuedToken
) -> None:
    credentials, browser = (ci.secret, jwt.mint(owner)), browser_of(owner)
    signing_in = {"email": "owner@acme.test", "password": PASSWORD}
    signed_in = RestClient().post("/auth/token", signing_in).json()

    def answers() -> list[int]:
        asked = [whoami(credential) for credential in credentials]
        console = browser.get("/console/acme/service-accounts").status_code
        return [*asked, validated(ci.secret), console]

    assert answers() == [200, 200, 200, 200]
    assert "Acme is suspended." in words_on(do(lead, f"{page}/suspend"))
    assert answers() == [401, 401, 401, 403]
    refresh = {"refresh": signed_in["refresh"]}
    assert RestClient().post("/auth/token/refresh", refresh).status_code == 401
    assert RestClient().post("/auth/token", signing_in).status_code != 200
    assert "Acme is resumed." in words_on(do(lead, f"{page}/resume"))
    assert answers() == [200, 200, 200, 200]
    assert RestClient().post("/auth/token/refresh", refresh).status_code == 200
    assert RestClient().post("/auth/token", signing_in).status_code == 200


def test_the_log_tells_of_it_and_its_owner_reads_it(
    lead: Client, page: str, owner: Membership, rest: RestClient
) -> None:
    do(lead, f"{page}/suspend")
    do(lead, f"{page}/resume")
    off = told("organization.suspended").changes["suspended_at"]
    assert (off["before"], bool(off["after"])) == (None, True)
    on = told("organization.resumed").changes["suspended_at"]
    assert on == {"before": off["after"], "after": None}
    lines = rest.get("/audit-events").json()["items"]
    staff = [line["action"] for line in lines if line["actor"]["type"] == "staff"]
    assert staff == ["organization.resumed", "organization.suspended"]
    log = words_on(browser_of(owner).get("/console/acme/audit-log"))
    assert "suspended the organization acme" in log
    assert "let the organization acme go on" in log
    assert REASON in log
    assert REASON in words_on(lead.get(f"{page}/history"))


def test_the_page_counts_what_suspending_touches(
    lead: Client, page: str, admin: Membership, ci: IssuedToken
) -> None:
    words = words_on(lead.get(f"{page}/suspend"))
    for fact in ("Suspend Acme?", "Members 2", "Service accounts 1", "Active tokens 1"):
        assert fact in words


def test_suspending_twice_is_no_error(lead: Client, page: str) -> None:
    assert "Acme is not suspended." in words_on(do(lead, f"{page}/resume"))
    do(lead, f"{page}/suspend")
    assert "Acme is suspended already." in words_on(do(lead, f"{page}/suspend"))
    assert "Acme is suspended already." in words_on(lead.get(f"{page}/suspend"))
    assert AuditEvent.objects.filter(action="organization.suspended").count() == 1


def test_what_is_deleted_is_neither_suspended_nor_anybody_invited_to_it(
    lead: Client, page: str, acme: Organization
) -> None:
    delete_organization(Actor.system(acme.id), acme)
    for act in ("suspend", "resume", "invite"):
        assert "Acme is deleted." in words_on(do(lead, f"{page}/{act}", role="viewer"))
        assert f'href="{page}/{act}"' not in lead.get(page).content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("service", [suspend_organization, resume_organization])
def test_no_member_suspends_or_resumes(service: Any, acme: Organization) -> None:
    system = Actor.system(acme.id)
    for kind in (Kind.USER, Kind.SERVICE_ACCOUNT):
        member = Actor(
            id=uuid.uuid4(),
            name="Ada",
            kind=kind,
            organization_id=acme.id,
            scopes=system.scopes,
            request_id="r",
        )
        with pytest.raises(NotAllowed):
            service(member, acme)
        with pytest.raises(NotAllowed):
            create_organization(member, slug="newco", name="N", owner_email="eve@new.test")
    assert Organization.objects.get().suspended_at is None


def test_an_organization_is_created_and_its_first_owner_joins(lead: Client) -> None:
    assert f'href="{NEW}"' in lead.get(LIST).content.decode()
    assert lead.get(NEW).status_code == 200
    page = do(lead, NEW, **ASKED)
    link = LINK.search(words_on(page))
    assert link is not None
    assert "New Company is created." in words_on(page)
    made = Organization.objects.get(slug="newco")
    assert not Membership.objects.filter(organization=made).exists()
    assert lead.get(f"{LIST}{made.pk}").status_code == 200
    newcomer = Client()
    assert newcomer.get(link[1]).status_code == 200
    joined = newcomer.post(link[1], {"name": "Eve", "password": PASSWORD})
    assert joined.status_code in {302, 303}
    member = Membership.objects.get(organization=made)
    assert (member.role, member.user.email) == ("owner", "eve@new.test")


def test_making_one_stands_in_its_log_with_the_reason(lead: Client) -> None:
    do(lead, NEW, **ASKED)
    made = Organization.objects.get(slug="newco")
    created, invited = told("organization.created"), told("invitation.created")
    assert created.organization_id == invited.organization_id == created.target_id == made.pk
    assert created.changes["name"] == {"before": None, "after": "New Company"}
    assert invited.changes["role"] == {"before": None, "after": "owner"}
    assert created.request_id == invited.request_id
    assert REASON in words_on(lead.get(f"{LIST}{made.pk}/history"))


def test_the_link_is_mailed_where_there_is_a_mail_server(lead: Client) -> None:
    page = do(lead, NEW, **ASKED)
    assert "The link was sent to eve@new.test." in words_on(page)
    [sent] = mail.outbox
    assert sent.to == ["eve@new.test"]
    assert LINK.search(str(sent.body))


def test_the_form_that_is_sent_twice_makes_one(lead: Client) -> None:
    do(lead, NEW, **ASKED)
    page = do(lead, NEW, **ASKED)
    made = Organization.objects.get(slug="newco")
    assert page.request["PATH_INFO"] == f"{LIST}{made.pk}"
    assert Invitation.objects.count() == 1
    assert AuditEvent.objects.filter(action="organization.created").count() == 1


@pytest.mark.parametrize(
    ("typed", "status", "refused"),
    [
        ({"slug": "acme"}, 409, "Another organization has this slug."),
        ({"external_id": "ext-1"}, 409, "Another organization has this external id."),
        ({"slug": "No Slug"}, 422, "Must be 2 to 100 of a-z"),
        ({"name": " "}, 422, "Must be at least 1 character"),
        ({"email": "nobody"}, 422, "Must be an e-mail address"),
        ({"email": ""}, 422, "Must be an e-mail address"),
        ({"external_id": str(uuid.UUID(int=7))}, 422, "Must not be a UUID"),
        ({"reason": ""}, 422, "Must be at least 1 character"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    typed: dict[str, str], status: int, refused: str, lead: Client, acme: Organization
) -> None:
    Organization.objects.update(external_id="ext-1")
    answer = lead.post(NEW, {"reason": REASON, **ASKED, **typed})
    assert answer.status_code == status
    assert refused in words_on(answer)
    assert Organization.objects.count() == 1
    assert not Invitation.objects.exists()


def test_an_organization_without_an_owner_gets_one_by_another_invitation(lead: Client) -> None:
    do(lead, NEW, **ASKED)
    made = Organization.objects.get(slug="newco")
    do(lead, f"/admin/accounts/invitation/{Invitation.objects.get().pk}/revoke")
    page = do(lead, f"{LIST}{made.pk}/invite", role="owner", email="eve@new.test")
    assert LINK.search(words_on(page))


@pytest.mark.parametrize("role", ["auditor", "support"])
def test_only_a_lead_is_offered_it(
    role: str, request: pytest.FixtureRequest, page: str, deploy: ServiceAccount
) -> None:
    browser = request.getfixturevalue(role)
    assert "-/new" not in browser.get(LIST).content.decode()
    shown = browser.get(page).content.decode()
    for act in ("suspend", "resume", "invite"):
        assert f'href="{page}/{act}"' not in shown
