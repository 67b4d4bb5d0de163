"""An organization that requires a second factor lets nobody in by a password alone."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError

from accounts import jwt
from accounts.actor import Actor, Kind
from accounts.errors import InvalidRequest, MissingScope, NoIdentity, NotAllowed
from accounts.models import AuditEvent, Membership, Organization, RefreshFamily
from accounts.querysets import AuditEventQuerySet
from accounts.request_errors import NoSuchAddress
from accounts.roles import SCOPES, Role
from accounts.services import sign_in as signing_in
from accounts.services.memberships import add_member
from accounts.services.organization_settings import rename_organization, require_second_factors
from tests.clients import Answer, RestClient
from tests.organizations.rows import all_rows
from tests.second_factors.conftest import App
from tests.second_factors.factors import enrol_app, refused, sign_in


def demand(organization: Organization, *, required: bool = True) -> Organization:
    """Have the organization require second factors, or no longer."""
    return require_second_factors(Actor.system(organization.id), organization, required=required)


def renew(text: str) -> Answer:
    """Ask for the next JWT."""
    return RestClient().post("/auth/token/refresh", {"refresh": text})


def test_who_has_none_gets_no_jwt_and_is_told_what_to_do(door: str, acme: Organization) -> None:
    demand(acme)
    answer = sign_in(door)
    assert refused(answer)
    assert "set one up in the console" in answer.json()["detail"]
    assert refused(sign_in(door, otp="123456"))
    assert not RefreshFamily.objects.exists()


def test_a_wrong_password_is_answered_as_everywhere(acme: Organization) -> None:
    demand(acme)
    assert sign_in(password="wrong").json()["code"] == "Auth.NoIdentity"


def test_who_has_one_gets_in_with_it(door: str, acme: Organization, app: App) -> None:
    demand(acme)
    answer = sign_in(door)
    assert refused(answer)
    assert "otp" in answer.json()["detail"]
    assert sign_in(door, otp=app.code()).status_code == 200


def test_another_organization_of_the_same_person_lets_them_in(
    acme: Organization, owner: Membership, outsider: Membership
) -> None:
    rival = outsider.organization
    add_member(Actor.system(rival.id), rival, owner.user, Role.VIEWER)
    demand(acme)
    assert refused(sign_in(organization="acme"))
    assert sign_in(organization="rival").status_code == 200


def test_it_can_be_taken_back(acme: Organization) -> None:
    demand(demand(acme), required=False)
    assert sign_in().status_code == 200


def test_a_sign_in_from_before_ends_with_its_next_refresh(acme: Organization) -> None:
    before = sign_in().json()["refresh"]
    demand(acme)
    answer = renew(before)
    assert (answer.status_code, answer.json()["code"]) == (401, "Auth.NoIdentity")
    event = AuditEvent.objects.get(action="session.ended")
    assert event.target_id == RefreshFamily.objects.get().pk
    demand(acme, required=False)
    assert renew(before).status_code == 401, "it has ended, and stays so"


def test_a_sign_in_that_proved_one_goes_on(acme: Organization, app: App) -> None:
    text = sign_in(otp=app.code()).json()["refresh"]
    demand(acme)
    for _ in range(2):
        text = renew(text).json()["refresh"]


def test_who_sets_one_up_ends_their_sign_ins_that_proved_none(owner: Membership) -> None:
    before = sign_in().json()["refresh"]
    enrol_app(owner.user)
    assert renew(before).status_code == 401


def test_what_is_demanded_while_somebody_signs_in_counts(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = signing_in._begin_family  # noqa: SLF001 - the seam between proof and session

    def demanded_meanwhile(*args: Any, **named: Any) -> Any:
        demand(acme)
        return begin(*args, **named)

    monkeypatch.setattr(signing_in, "_begin_family", demanded_meanwhile)
    assert refused(sign_in())
    assert not RefreshFamily.objects.exists()


def test_what_is_set_up_while_somebody_signs_in_counts(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = signing_in._begin_family  # noqa: SLF001 - the seam between proof and session

    def enrolled_meanwhile(*args: Any, **named: Any) -> Any:
        enrol_app(owner.user)
        return begin(*args, **named)

    monkeypatch.setattr(signing_in, "_begin_family", enrolled_meanwhile)
    assert refused(sign_in())
    assert not RefreshFamily.objects.exists()


def test_what_the_operator_issues_needs_none(acme: Organization, owner: Membership) -> None:
    demand(acme)
    assert RestClient("", jwt.mint(owner)).get("/whoami").status_code == 200


def member_of(membership: Membership) -> Actor:
    """Return the actor that a door makes of this member."""
    role = Role(membership.role)
    return Actor(
        id=membership.user_id,
        name=membership.user.display_name,
        kind=Kind.USER,
        organization_id=membership.organization_id,
        scopes=SCOPES[role],
        role=role,
        request_id=str(uuid.uuid4()),
    )


SETTINGS: dict[str, Any] = {
    "rename": lambda actor, of: rename_organization(actor, of, name="Other"),
    "demand": lambda actor, of: require_second_factors(actor, of, required=True),
}
CHANGES = {
    "rename": {"name": {"before": "Acme", "after": "Other"}},
    "demand": {"requires_second_factor": {"before": False, "after": True}},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_is_on_record_once(setting: str, acme: Organization, admin: Membership) -> None:
    enrol_app(admin.user)
    for _ in range(2):
        SETTINGS[setting](member_of(admin), acme)
    event = AuditEvent.objects.get(action="organization.changed")
    assert (event.actor_id, event.changes) == (admin.user_id, CHANGES[setting])
    assert (event.target_id, event.target_slug) == (acme.pk, "acme")


def test_who_has_none_of_their_own_demands_none_of_others(
    acme: Organization, admin: Membership
) -> None:
    with pytest.raises(NotAllowed):
        SETTINGS["demand"](member_of(admin), acme)
    demand(acme)
    assert not require_second_factors(member_of(admin), acme, required=False).requires_second_factor


@pytest.mark.parametrize("setting", SETTINGS)
def test_who_may_not_change_the_organization_does_not(
    setting: str, acme: Organization, developer: Membership, outsider: Membership
) -> None:
    before = all_rows()
    with pytest.raises(MissingScope):
        SETTINGS[setting](member_of(developer), acme)
    with pytest.raises(NoSuchAddress):
        SETTINGS[setting](member_of(outsider), acme)
    assert all_rows() == before


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_whose_line_cannot_be_written_is_not_changed(
    setting: str, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = all_rows()

    def refuse(*_: Any, **__: Any) -> AuditEvent:
        raise DatabaseError("the log cannot be written")

    monkeypatch.setattr(AuditEventQuerySet, "create", refuse)
    with pytest.raises(DatabaseError):
        SETTINGS[setting](Actor.system(acme.id), acme)
    assert all_rows() == before


@pytest.mark.parametrize("setting", SETTINGS)
def test_who_loses_the_right_meanwhile_changes_nothing(
    setting: str, acme: Organization, admin: Membership
) -> None:
    enrol_app(admin.user)
    removed = replace(member_of(admin), reread=lambda: None)
    before = all_rows()
    with pytest.raises(NoIdentity):
        SETTINGS[setting](removed, acme)
    assert all_rows() == before


def test_a_name_is_cleaned_and_a_bad_one_refused(acme: Organization, owner: Membership) -> None:
    assert rename_organization(member_of(owner), acme, name=" Ünï ").name == "Ünï"
    for bad in (" ", "x" * 201, "a\nb"):
        with pytest.raises(InvalidRequest):
            rename_organization(member_of(owner), acme, name=bad)
