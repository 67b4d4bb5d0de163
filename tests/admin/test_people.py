"""People, members and invitations in the admin: found, narrowed, and shown with what is theirs."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import ExternalIdentity, Invitation, Membership, Organization, User
from accounts.roles import Role
from accounts.services.invitations import invite
from accounts.services.memberships import remove_member
from accounts.staff import StaffRole
from tests.admin.lists import rows_on
from tests.admin.staff import make_staff
from tests.clients import RestClient
from tests.conftest import PASSWORD, make_member, make_person
from tests.console.pages import is_page, words_on
from tests.second_factors.factors import enrol_app

PEOPLE = "/admin/accounts/user/"
MEMBERS = "/admin/accounts/membership/"
INVITATIONS = "/admin/accounts/invitation/"


@pytest.mark.parametrize(
    "sought", ["Adam", "ada", "adam@acme.test", "ADAM@", "adam@ac", "{id}", "  Adam  "]
)
def test_somebody_is_found_by_the_start_of_the_name_or_address_or_by_id(
    auditor: Client, admin: Membership, owner: Membership, sought: str
) -> None:
    answer = auditor.get(PEOPLE, {"q": sought.format(id=admin.user_id)})
    assert rows_on(answer) == 1
    assert "adam@acme.test" in words_on(answer)


@pytest.mark.parametrize("sought", ["nobody", "%", "_dam", "\0", "\u202e", "x" * 5000])
def test_who_is_not_there_is_not_found(auditor: Client, admin: Membership, sought: str) -> None:
    answer = auditor.get(PEOPLE, {"q": sought})
    assert answer.status_code == 200
    assert ("adam@acme.test" in words_on(answer)) == (sought == "\0"), "nothing was sought"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"organization": "acme"}, {"owner@acme.test", "adam@acme.test"}),
        ({"organization": "rival"}, {"owner@rival.test"}),
        ({"organization": "nowhere"}, set()),
        ({"status": "inactive"}, {"owner@rival.test"}),
        ({"status": "active", "organization": "rival"}, set()),
        ({"staff": "auditor"}, {"auditor@staff.test"}),
        ({"staff": "support lead"}, {"root@staff.test"}),
        ({"staff": "support"}, set()),
        ({"staff": "king"}, set()),
    ],
)
def test_the_list_of_people_is_narrowed(
    auditor: Client,
    owner: Membership,
    admin: Membership,
    outsider: Membership,
    query: dict[str, str],
    found: set[str],
) -> None:
    User.objects.create_superuser("root@staff.test", PASSWORD)
    User.objects.filter(pk=outsider.user_id).update(is_active=False)
    answer = auditor.get(PEOPLE, query)
    assert rows_on(answer) == len(found)
    assert all(email in words_on(answer) for email in found)


def test_the_list_tells_roles_second_factors_and_organizations(
    auditor: Client, owner: Membership
) -> None:
    enrol_app(owner.user)
    words = words_on(auditor.get(PEOPLE))
    assert "Owner of acme owner@acme.test Active — Yes acme (owner)" in words
    assert "Sam the auditor auditor@staff.test Active Auditor No —" in words


def test_a_list_costs_the_same_however_many_there_are(auditor: Client, acme: Organization) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert auditor.get(address).status_code == 200
        return len(asked)

    system = Actor.system(acme.id)
    few = [cost(address) for address in (PEOPLE, MEMBERS, INVITATIONS, "/admin/auth/group/")]
    for number in range(8):
        make_member(acme, Role.VIEWER, f"Extra{number}")
        invite(system, role=Role.VIEWER, email=f"n{number}@acme.test")
        make_person(f"alone{number}@acme.test", "Alone")
    for role in StaffRole:
        if role != StaffRole.AUDITOR:
            make_staff(role)
    many = [cost(address) for address in (PEOPLE, MEMBERS, INVITATIONS, "/admin/auth/group/")]
    assert few[1:] == many[1:]
    assert many[0] - few[0] <= 1, "the organizations of nobody need no query"


def test_a_persons_page_leads_to_all_that_is_theirs(
    auditor: Client, owner: Membership, outsider: Membership
) -> None:
    person = owner.user
    Membership.objects.create(
        user=person, organization=outsider.organization, role=Role.VIEWER, removed_at=timezone.now()
    )
    ExternalIdentity.objects.create(user=person, issuer="https://issuer.test", subject="s-1")
    RestClient().post("/auth/token", {"email": person.email, "password": PASSWORD})
    answer = auditor.get(f"{PEOPLE}{person.pk}")
    page, words = answer.content.decode(), words_on(answer)
    assert f'href="{MEMBERS}{owner.pk}"' in page
    assert f'href="/admin/accounts/organization/{owner.organization_id}"' in page
    assert "rival" in words, "a former organization too"
    assert "https://issuer.test s-1" in words
    assert "acme Owner of acme signed in" in words
    assert f'href="/admin/accounts/auditevent/?actor={person.pk}"' in page
    assert f"/admin/accounts/refreshfamily/?person={person.pk}" in page
    for model in ("membership", "refreshfamily", "externalidentity"):
        assert rows_on(auditor.get(f"/admin/accounts/{model}/?person={person.pk}")) >= 1
    assert rows_on(auditor.get(f"{MEMBERS}?person={person.email}")) == 2


def test_a_persons_history_is_of_their_organizations_alone(
    auditor: Client, owner: Membership, outsider: Membership
) -> None:
    words = words_on(auditor.get(f"{PEOPLE}{owner.user_id}/history"))
    assert "created the person owner@acme.test" in words
    assert "rival" not in words


def test_what_nobody_has_done_is_said(auditor: Client) -> None:
    person = make_person("new@acme.test", "New")
    words = words_on(auditor.get(f"{PEOPLE}{person.pk}"))
    assert "A member of no organization." in words
    assert "Nothing has happened." in words


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"organization": "acme"}, 2),
        ({"role": "owner"}, 2),
        ({"role": "admin", "organization": "acme"}, 1),
        ({"status": "removed"}, 1),
        ({"status": "member"}, 2),
        ({"person": "Adam@Acme.test"}, 1),
        ({"person": "nobody"}, 0),
        ({"q": "adam@"}, 1),
        ({"q": "nobody@"}, 0),
        ({"role": "emperor"}, 0),
    ],
)
def test_members_are_found_and_narrowed(
    auditor: Client,
    owner: Membership,
    admin: Membership,
    outsider: Membership,
    query: dict[str, str],
    count: int,
) -> None:
    acme = admin.organization
    remove_member(Actor.system(acme.id), acme, admin.user)
    assert rows_on(auditor.get(MEMBERS, query)) == count


def test_a_memberships_page_and_history_tell_of_the_person_there(
    auditor: Client, admin: Membership, acme: Organization
) -> None:
    remove_member(Actor.system(acme.id), acme, admin.user)
    answer = auditor.get(f"{MEMBERS}{admin.pk}")
    assert "Role Admin Status Removed" in words_on(answer)
    assert "removed adam@acme.test" in words_on(answer), "the newest of its history"
    assert f'href="{PEOPLE}{admin.user_id}"' in answer.content.decode()
    history = words_on(auditor.get(f"{MEMBERS}{admin.pk}/history"))
    assert "added adam@acme.test with the role Admin" in history
    assert "removed adam@acme.test" in history


@pytest.mark.parametrize(
    ("status", "count"),
    [("pending", 1), ("accepted", 1), ("revoked", 1), ("expired", 1), ("lost", 0)],
)
def test_invitations_tell_what_became_of_them(
    auditor: Client, acme: Organization, status: str, count: int
) -> None:
    system, now = Actor.system(acme.id), timezone.now()
    for email in ("pending", "accepted", "revoked", "expired"):
        invite(system, role=Role.VIEWER, email=f"{email}@acme.test")
    rows = Invitation.objects
    rows.filter(email="accepted@acme.test").update(accepted_at=now)
    rows.filter(email="revoked@acme.test").update(revoked_at=now)
    rows.filter(email="expired@acme.test").update(expires_at=now)
    answer = auditor.get(INVITATIONS, {"status": status})
    assert rows_on(answer) == count
    if count:
        assert f"{status}@acme.test acme Viewer {status.title()}" in words_on(answer)


def test_an_invitations_page_names_who_made_it_and_no_link(
    auditor: Client, acme: Organization
) -> None:
    made = invite(Actor.system(acme.id), role=Role.OWNER, email="boss@acme.test")
    answer = auditor.get(f"{INVITATIONS}{made.invitation.pk}")
    assert "boss@acme.test" in words_on(answer)
    assert made.mark not in answer.content.decode()
    history = words_on(auditor.get(f"{INVITATIONS}{made.invitation.pk}/history"))
    assert "invited boss@acme.test with the role Owner" in history


@pytest.mark.parametrize("address", [PEOPLE, MEMBERS, INVITATIONS])
@pytest.mark.parametrize(
    "gone", ["6f1f7d3c-6b6a-4f0a-8a55-000000000000", "999999999999999999999", "x", "1/2", "-1"]
)
def test_what_is_not_there_is_404(auditor: Client, address: str, gone: str) -> None:
    assert auditor.get(f"{address}{gone}").status_code == 404
    assert auditor.get(f"{address}{gone}/history").status_code == 404


@pytest.mark.parametrize("address", [PEOPLE, MEMBERS, INVITATIONS])
@pytest.mark.parametrize(
    "name", ["organization", "person", "role", "status", "staff", "q", "p", "o"]
)
@pytest.mark.parametrize("odd", ["%00", "%ED%A0%80", "-1", "[]", "x" * 3000])
def test_an_odd_query_gets_a_page(auditor: Client, address: str, name: str, odd: str) -> None:
    """400 for what is no filter of the list."""
    answer = auditor.get(f"{address}?{name}={odd}")
    assert answer.status_code in {200, 302, 400}
    assert is_page(answer)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (PEOPLE, "owner@acme.test,True,False"),
        (MEMBERS, "acme,{id},owner@acme.test,Owner of acme,owner"),
    ],
)
def test_an_export_has_what_the_list_is_narrowed_to(
    auditor: Client, owner: Membership, outsider: Membership, address: str, told: str
) -> None:
    answer = auditor.get(f"{address}export.csv?organization=acme")
    text = answer.getvalue().decode()
    assert told.format(id=owner.user_id) in text
    assert "rival" not in text
    assert "password" not in text
