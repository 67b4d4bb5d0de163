"""Members, owners, and what dies with whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import jwt
from accounts.actor import Actor, Kind
from accounts.errors import LastOwner, MissingScope, NotAllowed
from accounts.models import Membership, Organization, User
from accounts.request_errors import NoSuchAddress
from accounts.roles import SCOPES, Role
from accounts.services.memberships import add_member, grant_jwt, remove_member, take_in
from accounts.services.organizations import delete_organization
from accounts.services.outsiders import take_in_outsider
from tests.clients import RestClient
from tests.conftest import PASSWORD, acting, make_member
from tests.organizations.rows import all_rows
from tokens.services.issue import IssuedToken

VALIDATE = "/tokens/validate"


def in_person(membership: Membership) -> Actor:
    """Return the member as an actor."""
    role = Role(membership.role)
    return Actor(
        id=membership.user_id,
        name=membership.user.display_name,
        kind=Kind.USER,
        organization_id=membership.organization_id,
        scopes=SCOPES[role],
        role=role,
        request_id="a-request",
    )


def by_token(ci: IssuedToken) -> Actor:
    """Return a service account that holds every scope."""
    account = ci.token.service_account
    return Actor(
        id=account.id,
        name=account.name,
        kind=Kind.SERVICE_ACCOUNT,
        organization_id=account.organization_id,
        scopes=frozenset({"write:*"}),
        request_id="a-request",
    )


def sign_in(membership: Membership) -> dict[str, str]:
    """Return what the member gets for the password."""
    body = {"email": membership.user.email, "password": PASSWORD}
    answer = RestClient().post("/auth/token", body)
    assert answer.status_code == 200
    got: dict[str, str] = answer.json()
    return got


def is_refused(got: dict[str, str]) -> bool:
    """Say whether the JWT and the refresh token, at both doors, and the password are refused."""
    statuses = {RestClient(door, got["access"]).get("/whoami").status_code for door in ("", "/api")}
    renewed = RestClient().post("/auth/token/refresh", {"refresh": got["refresh"]})
    return statuses | {renewed.status_code} == {401}


@pytest.mark.parametrize("who", ["admin", "token"])
def test_owners_are_changed_by_an_owner_in_person(
    who: str, acme: Organization, admin: Membership, viewer: Membership, ci: IssuedToken
) -> None:
    second = make_member(acme, Role.OWNER, "Olga")
    actor = in_person(admin) if who == "admin" else by_token(ci)
    before = all_rows()
    for act in (
        lambda: add_member(actor, acme, viewer.user, Role.OWNER),
        lambda: add_member(actor, acme, second.user, Role.ADMIN),
        lambda: remove_member(actor, acme, second.user),
        lambda: take_in(actor, acme, Role.OWNER, email="foothold@acme.test"),
        lambda: take_in_outsider(actor, acme, Role.OWNER, issuer="https://i.test", subject="f"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert all_rows() == before
    assert add_member(actor, acme, viewer.user, Role.DEVELOPER).role == Role.DEVELOPER


def test_an_owner_changes_owners(acme: Organization, owner: Membership, viewer: Membership) -> None:
    add_member(in_person(owner), acme, viewer.user, Role.OWNER)
    viewer.refresh_from_db()
    assert viewer.role == Role.OWNER
    remove_member(in_person(owner), acme, viewer.user)
    viewer.refresh_from_db()
    assert viewer.removed_at is not None


@pytest.mark.parametrize("role", ["developer", "viewer"])
def test_members_are_managed_by_who_holds_the_scope(
    role: str, acme: Organization, admin: Membership, request: pytest.FixtureRequest
) -> None:
    actor = in_person(request.getfixturevalue(role))
    before = all_rows()
    with pytest.raises(MissingScope):
        add_member(actor, acme, admin.user, Role.VIEWER)
    with pytest.raises(MissingScope):
        remove_member(actor, acme, admin.user)
    with pytest.raises(MissingScope):
        take_in(actor, acme, Role.VIEWER, email="eve@acme.test")
    with pytest.raises(MissingScope):
        take_in_outsider(actor, acme, Role.VIEWER, issuer="https://i.test", subject="eve")
    assert all_rows() == before


@pytest.mark.parametrize("who", ["owner", "token"])
def test_nobody_but_the_operator_acts_in_anothers_name(
    who: str, acme: Organization, owner: Membership, outsider: Membership, ci: IssuedToken
) -> None:
    """A password or JWT of somebody else would open other organizations, or be untraceable."""
    actor = in_person(owner) if who == "owner" else by_token(ci)
    asleep = User.objects.create_user("asleep@rival.test")
    add_member(Actor.system(outsider.organization_id), outsider.organization, asleep, Role.ADMIN)
    mate = make_member(acme, Role.DEVELOPER, "Dan")
    before = all_rows()
    with pytest.raises(NotAllowed):
        take_in(actor, acme, Role.VIEWER, email="asleep@rival.test", password=PASSWORD)
    with pytest.raises(NotAllowed):
        grant_jwt(actor, mate, timedelta(minutes=5))
    assert all_rows() == before


@pytest.mark.parametrize("leaving", ["demoted", "removed"])
def test_the_last_owner_stays(leaving: str, acme: Organization, owner: Membership) -> None:
    asleep = make_member(acme, Role.OWNER, "Olga")
    type(asleep.user).objects.filter(pk=asleep.user_id).update(is_active=False)
    before = all_rows()
    acts: dict[str, Callable[[], object]] = {
        "demoted": lambda: add_member(in_person(owner), acme, owner.user, Role.ADMIN),
        "removed": lambda: remove_member(in_person(owner), acme, owner.user),
    }
    with pytest.raises(LastOwner):
        acts[leaving]()
    assert all_rows() == before


def test_two_owners_who_remove_each_other_leave_one(acme: Organization, owner: Membership) -> None:
    second = make_member(acme, Role.OWNER, "Olga")
    first_actor, second_actor = in_person(owner), in_person(second)
    remove_member(first_actor, acme, second.user)
    with pytest.raises(LastOwner):
        remove_member(second_actor, acme, owner.user)
    owners = Membership.objects.filter(organization=acme, role=Role.OWNER, removed_at=None)
    assert list(owners) == [owner]


def test_a_removed_members_credentials_stop_and_api_tokens_live_on(
    acme: Organization, owner: Membership, admin: Membership, ci: IssuedToken
) -> None:
    got = sign_in(admin)
    theirs = acting(admin).post("/service-accounts/deploy/tokens", {"name": "theirs"}).json()
    remove_member(in_person(owner), acme, admin.user)
    assert is_refused(got)
    body = {"email": admin.user.email, "password": PASSWORD}
    assert RestClient().post("/auth/token", body).status_code == 401
    assert RestClient("", theirs["token"]).get(VALIDATE).status_code == 200
    shown = acting(owner).get(f"/service-accounts/deploy/tokens/{theirs['slug']}").json()
    assert shown["createdBy"] == {"id": str(admin.user_id), "name": "Adam"}


def test_a_removed_member_who_is_added_again_starts_anew(
    acme: Organization, owner: Membership, admin: Membership
) -> None:
    got = sign_in(admin)
    remove_member(in_person(owner), acme, admin.user)
    add_member(in_person(owner), acme, admin.user, Role.VIEWER)
    renewed = RestClient().post("/auth/token/refresh", {"refresh": got["refresh"]})
    assert renewed.status_code == 401
    assert sign_in(admin)["access"]


def test_a_demotion_counts_at_once(
    acme: Organization, owner: Membership, admin: Membership, door: str
) -> None:
    got = sign_in(admin)
    client = RestClient(door, got["access"])
    assert client.post("/service-accounts", {"name": "A"}).status_code == 201
    add_member(in_person(owner), acme, admin.user, Role.VIEWER)
    assert client.post("/service-accounts", {"name": "B"}).status_code == 403
    assert client.get("/whoami").json()["scopes"] == ["read:*"]
    renewed = RestClient().post("/auth/token/refresh", {"refresh": got["refresh"]}).json()
    client = RestClient(door, renewed["access"])
    assert client.post("/service-accounts", {"name": "B"}).status_code == 403


def test_a_deactivated_persons_credentials_stop_and_api_tokens_live_on(
    admin: Membership, ci: IssuedToken
) -> None:
    got = sign_in(admin)
    type(admin.user).objects.filter(pk=admin.user_id).update(is_active=False)
    assert is_refused(got)
    assert RestClient("", str(ci.secret)).get(VALIDATE).status_code == 200


def _suspend(organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(suspended_at=timezone.now())


def _delete(organization: Organization) -> None:
    delete_organization(Actor.system(organization.id), organization)


@pytest.mark.parametrize("end", [_suspend, _delete], ids=["suspended", "deleted"])
def test_an_organization_that_ends_takes_every_credential_along(
    end: Callable[[Organization], None],
    acme: Organization,
    owner: Membership,
    outsider: Membership,
    ci: IssuedToken,
) -> None:
    got = sign_in(owner)
    end(acme)
    assert is_refused(got)
    body = {"email": owner.user.email, "password": PASSWORD}
    assert RestClient().post("/auth/token", body).status_code == 401
    for door in ("", "/api"):
        holder = RestClient(door, str(ci.secret))
        assert holder.get(VALIDATE).status_code == 401
        assert holder.get("/whoami").status_code == 401
        assert holder.delete("/service-accounts/deploy/tokens/ci").status_code == 401
    assert RestClient("", jwt.mint(outsider)).get("/whoami").status_code == 200


def test_a_suspended_organization_comes_back_as_it_was(
    acme: Organization, owner: Membership, ci: IssuedToken
) -> None:
    got = sign_in(owner)
    _suspend(acme)
    Organization.objects.filter(pk=acme.pk).update(suspended_at=None)
    assert RestClient("", got["access"]).get("/whoami").status_code == 200
    assert RestClient("", str(ci.secret)).get(VALIDATE).status_code == 200


def test_a_deleted_organizations_slug_is_free_and_its_successor_inherits_nothing(
    acme: Organization, owner: Membership, ci: IssuedToken
) -> None:
    _delete(acme)
    successor = Organization.objects.create(slug="acme", name="Acme again")
    add_member(Actor.system(successor.id), successor, owner.user, Role.OWNER)
    client = RestClient("", sign_in(owner)["access"])
    assert client.get("/service-accounts").json()["items"] == []
    assert client.get("/service-accounts/deploy").status_code == 404
    assert RestClient("", str(ci.secret)).get(VALIDATE).status_code == 401


@pytest.mark.parametrize("way", ["take_in", "add_member"])
def test_nobody_is_taken_into_an_organization_that_was_deleted_meanwhile(
    acme: Organization, outsider: Membership, way: str
) -> None:
    delete_organization(Actor.system(acme.id), acme)
    before, system = all_rows(), Actor.system(acme.id)
    ways: dict[str, Callable[[], object]] = {
        "take_in": lambda: take_in(system, acme, Role.VIEWER, email="late@acme.test"),
        "add_member": lambda: add_member(system, acme, outsider.user, Role.VIEWER),
    }
    with pytest.raises(NoSuchAddress):
        ways[way]()
    assert all_rows() == before
