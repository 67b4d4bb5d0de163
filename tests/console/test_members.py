"""The members of an organization: who sees them, gives them roles, and removes them."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import jwt
from accounts.models import AuditEvent, ExternalIdentity, Membership, Organization, User
from accounts.roles import Role
from tests.clients import RestClient
from tests.console.pages import browser_of, words_on
from tests.organizations.rows import all_rows, unchanged
from tests.second_factors.factors import enrol_app
from tokens.services.issue import IssuedToken

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS = "/console/acme/members"


def page_of(membership: Membership) -> str:
    """Return the address of a member's page in their organization."""
    return f"{MEMBERS}/{membership.user_id}"


def role_of(membership: Membership) -> str | None:
    """Return the role that a member has now; None for who is none any more."""
    now = Membership.objects.get(pk=membership.pk)
    return None if now.removed_at else now.role


def crowd(organization: Organization, size: int) -> None:
    """Make ``size`` more members, each with a second factor, and one from outside."""
    names = [f"Crowd {at:04}" for at in range(User.objects.count(), User.objects.count() + size)]
    people = User.objects.bulk_create([User(email=f"{n[6:]}@crowd.test", name=n) for n in names])
    Membership.objects.bulk_create(
        Membership(user=one, organization=organization, role=Role.VIEWER) for one in people
    )
    Authenticator.objects.bulk_create(
        Authenticator(user=one, type=Authenticator.Type.TOTP, data={}) for one in people
    )
    ExternalIdentity.objects.create(
        user=people[0], issuer="https://login.test", subject=people[0].name
    )


@pytest.mark.parametrize("who", ["owner", "admin", "developer", "viewer"])
def test_every_role_sees_the_members(
    who: str, request: pytest.FixtureRequest, owner: Membership
) -> None:
    answer = browser_of(request.getfixturevalue(who)).get(MEMBERS)
    assert answer.status_code == 200
    assert "Owner of acme" in words_on(answer)


@pytest.mark.parametrize("who", ["developer", "viewer"])
def test_who_cannot_manage_members_is_shown_no_way_to(
    who: str, request: pytest.FixtureRequest, owner: Membership, admin: Membership
) -> None:
    browser = browser_of(request.getfixturevalue(who))
    page = browser.get(MEMBERS)
    assert "Invite" not in words_on(page)
    assert "Change" not in words_on(page)
    assert "Second factor" not in words_on(page)
    for address in (page_of(admin), f"{page_of(admin)}/remove"):
        assert browser.get(address).status_code == 403
        assert browser.post(address, {"role": "viewer"}).status_code == 403
    assert role_of(admin) == "admin"


def test_an_outsider_finds_nothing_and_changes_nothing(
    outsider: Membership, viewer: Membership
) -> None:
    browser = browser_of(outsider)
    assert browser.get("/console/rival/members").status_code == 200
    before = all_rows()
    for address in (MEMBERS, page_of(viewer), f"{page_of(viewer)}/remove"):
        assert browser.get(address).status_code == 404
        assert browser.post(address, {"role": "owner"}).status_code == 404
    for address in (page_of(viewer), f"{page_of(viewer)}/remove"):
        through_own = address.replace("acme", "rival")
        assert browser.get(through_own).status_code == 404
        assert browser.post(through_own, {"role": "owner"}).status_code == 404
    assert unchanged(before)


def test_the_list_tells_who_comes_from_where(owner: Membership, admin: Membership) -> None:
    ExternalIdentity.objects.create(user=admin.user, issuer="https://login.test", subject="adam")
    assert "signs in at https://login.test" in words_on(browser_of(owner).get(MEMBERS))


def test_managers_see_who_has_a_second_factor(owner: Membership, admin: Membership) -> None:
    enrol_app(admin.user)
    told = words_on(browser_of(owner).get(MEMBERS))
    assert "Owner of acme you owner@acme.test Owner None" in told
    assert "Adam adam@acme.test Admin Set up" in told


def test_members_are_found_by_parts_of_name_and_address(
    owner: Membership, admin: Membership, viewer: Membership
) -> None:
    browser = browser_of(owner)
    assert "Adam" in words_on(browser.get(MEMBERS, {"q": "DAM"}))
    assert "Vera" not in words_on(browser.get(MEMBERS, {"q": "DAM"}))
    assert "Vera" in words_on(browser.get(MEMBERS, {"q": "vera@"}))
    assert "Nobody of this name" in words_on(browser.get(MEMBERS, {"q": "nobody"}))
    assert "Adam" in words_on(browser.get(MEMBERS, {"q": "\0Adam"}))


def test_a_thousand_members_cost_as_much_as_ten(owner: Membership, acme: Organization) -> None:
    browser, costs, sizes = browser_of(owner), [], []
    for size in (30, 970):
        crowd(acme, size)
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(MEMBERS)
        costs.append(len(queries))
        sizes.append(len(answer.content))
    assert costs[0] == costs[1]
    assert max(sizes) < 36_000


def test_a_walk_by_next_sees_each_member_once(owner: Membership, acme: Organization) -> None:
    crowd(acme, 60)
    browser, seen, query = browser_of(owner), [], "?q=crowd"
    while query:
        page = browser.get(MEMBERS + query).content.decode()
        seen += re.findall(r"<b>(Crowd \d{4})</b>", page)
        found = re.search(r'href="(\?[^"]+)" rel="next"', page)
        query = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == 60
    assert seen == sorted(set(seen))


def test_a_role_is_changed(owner: Membership, viewer: Membership) -> None:
    answer = browser_of(owner).post(page_of(viewer), {"role": "admin"}, follow=True)
    assert answer.redirect_chain == [(MEMBERS, 303)]
    assert "Vera has the role Admin now." in words_on(answer)
    assert role_of(viewer) == "admin"
    event = AuditEvent.objects.get(action="member.role_changed")
    assert (event.actor_id, event.target_id) == (owner.user_id, viewer.user_id)


@pytest.mark.parametrize("role", ["", "king", "OWNER"])
def test_a_role_that_there_is_none_of_is_refused_beside_the_field(
    owner: Membership, viewer: Membership, role: str
) -> None:
    answer = browser_of(owner).post(page_of(viewer), {"role": role})
    assert answer.status_code == 422
    assert "must be one of: owner, admin, developer, viewer" in words_on(answer)
    assert role_of(viewer) == "viewer"


def test_an_admin_makes_no_owner_and_touches_none(
    owner: Membership, admin: Membership, viewer: Membership
) -> None:
    browser = browser_of(admin)
    assert 'value="owner"' not in browser.get(page_of(viewer)).content.decode()
    assert browser.post(page_of(viewer), {"role": "owner"}).status_code == 403
    assert "Owners are changed by an owner in person." in words_on(browser.get(page_of(owner)))
    assert browser.post(page_of(owner), {"role": "viewer"}).status_code == 403
    answer = browser.post(f"{page_of(owner)}/remove")
    assert answer.status_code == 403
    assert "Owners are changed by an owner in person." in words_on(answer)
    assert (role_of(owner), role_of(viewer)) == ("owner", "viewer")


@pytest.mark.parametrize(("address", "sent"), [("", {"role": "admin"}), ("/remove", {})])
def test_the_last_owner_cannot_lock_the_organization_out(
    owner: Membership, admin: Membership, address: str, sent: dict[str, Any]
) -> None:
    answer = browser_of(owner).post(page_of(owner) + address, sent)
    assert answer.status_code == 409
    assert "An organization always keeps an owner." in words_on(answer)
    assert role_of(owner) == "owner"


def test_removing_says_what_stops_and_what_lives_on(owner: Membership, viewer: Membership) -> None:
    told = words_on(browser_of(owner).get(f"{page_of(viewer)}/remove"))
    assert "Remove Vera?" in told
    assert "What stops at once" in told
    assert "What lives on" in told
    assert role_of(viewer) == "viewer"


def test_a_removed_member_is_out_at_once_and_the_tokens_live_on(
    owner: Membership, viewer: Membership, ci: IssuedToken
) -> None:
    theirs, credential = browser_of(viewer), jwt.mint(viewer)
    assert theirs.get(MEMBERS).status_code == 200
    answer = browser_of(owner).post(f"{page_of(viewer)}/remove", follow=True)
    assert "Vera is no member of Acme any more." in words_on(answer)
    assert theirs.get(MEMBERS).status_code == 404
    assert RestClient("/api", credential).get("/whoami").status_code == 401
    assert RestClient("/api", str(ci.secret)).get("/whoami").status_code == 200
    assert AuditEvent.objects.filter(action="member.removed", target_id=viewer.user_id).count() == 1


def test_who_leaves_comes_to_the_own_organizations(owner: Membership, admin: Membership) -> None:
    answer = browser_of(admin).post(f"{page_of(admin)}/remove", follow=True)
    assert answer.redirect_chain == [("/console/-/organizations", 303)]
    assert role_of(admin) is None


def test_a_removed_member_is_given_no_role(owner: Membership, viewer: Membership) -> None:
    Membership.objects.filter(pk=viewer.pk).update(removed_at=timezone.now())
    assert browser_of(owner).post(page_of(viewer), {"role": "admin"}).status_code == 404
    assert role_of(viewer) is None


def test_a_name_that_is_markup_changes_nothing_but_itself(
    owner: Membership, viewer: Membership
) -> None:
    viewer.user.name = "<script>alert(1)</script>" + "\u0645" * 170
    viewer.user.save()
    for address in (MEMBERS, page_of(viewer), f"{page_of(viewer)}/remove"):
        assert "<script>alert" not in browser_of(owner).get(address).content.decode()
