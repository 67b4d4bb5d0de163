"""``remove_second_factors``: who has lost theirs; each organization of the person is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import OperationalError
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, Organization, RefreshFamily, Session, User
from accounts.querysets import AuditEventQuerySet
from accounts.roles import Role
from accounts.services.memberships import add_member
from accounts.services.organization_settings import require_second_factors
from accounts.services.organizations import delete_organization
from tests.clients import RestClient
from tests.conftest import make_organization
from tests.operations.command_line import Command, Ended
from tests.organizations.rows import all_rows
from tests.second_factors.factors import (
    enrol_app,
    enrol_passkey,
    enrol_recovery_codes,
    refused,
    sign_in,
)

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "owner@acme.test"
ACTION = "user.second_factors_removed"
ALL = ["authenticator app", "passkey Key", "recovery codes"]


def enrol(person: User) -> list[str]:
    """Give a person one of each kind; return their recovery codes."""
    enrol_app(person)
    enrol_passkey(person)
    return enrol_recovery_codes(person)


@pytest.fixture
def remove(command: Command) -> Callable[[], Ended]:
    """Run the command for the owner of `acme`."""
    return lambda: command("remove_second_factors", "Owner@Acme.test")


def test_the_password_alone_signs_in_then(
    remove: Callable[[], Ended], owner: Membership, admin: Membership
) -> None:
    enrol(owner.user)
    enrol_app(admin.user)
    assert refused(sign_in())
    ended = remove()
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"{EMAIL}: removed: {', '.join(ALL)}. Earlier sign-ins have ended.\n"
    assert sign_in().status_code == 200
    assert refused(sign_in(email=admin.user.email)), "another's are as they were"


def test_but_not_where_one_is_required(
    remove: Callable[[], Ended], acme: Organization, owner: Membership
) -> None:
    enrol(owner.user)
    require_second_factors(Actor.system(acme.id), acme, required=True)
    assert remove().code == 0
    answer = sign_in()
    assert refused(answer)
    assert "set one up in the console" in answer.json()["detail"]


def test_what_was_signed_in_ends_at_once_and_anothers_goes_on(
    remove: Callable[[], Ended], owner: Membership, admin: Membership
) -> None:
    codes = enrol(owner.user)
    refresh = sign_in(otp=codes[0]).json()["refresh"]
    assert sign_in(email=admin.user.email).status_code == 200
    until = timezone.now() + timedelta(hours=1)
    for at, person in enumerate((owner.user, admin.user)):
        Session.objects.create(digest=f"{at:064}", user=person, sealed="", expires_at=until)
    assert remove().code == 0
    assert RestClient().post("/auth/token/refresh", {"refresh": refresh}).status_code == 401
    going_on = RefreshFamily.objects.get(ended_at=None)
    assert going_on.membership.user == Session.objects.get().user == admin.user


def test_each_organization_of_the_person_is_told_and_no_other(
    remove: Callable[[], Ended], acme: Organization, owner: Membership, outsider: Membership
) -> None:
    second, gone = (make_organization(slug).organization for slug in ("s2", "s3"))
    for organization in (second, gone):
        add_member(Actor.system(organization.id), organization, owner.user, Role.VIEWER)
    delete_organization(Actor.system(gone.id), gone)
    codes = enrol(owner.user)
    assert remove().code == 0
    lines = AuditEvent.objects.filter(action=ACTION)
    assert set(lines.values_list("organization_id", flat=True)) == {acme.id, second.id}
    for line in lines:
        assert (line.actor_type, line.target_type, line.target_slug) == ("system", "user", EMAIL)
        assert line.target_id == owner.user_id
        assert line.changes == {"factors": {"before": ALL, "after": []}}
    kept = repr(list(AuditEvent.objects.values()))
    assert [code for code in codes if code in kept] == []


def test_a_second_run_changes_nothing(remove: Callable[[], Ended], owner: Membership) -> None:
    enrol(owner.user)
    assert remove().code == 0
    assert sign_in().status_code == 200
    before = all_rows()
    ended = remove()
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"{EMAIL}: there is no second factor.\n"
    assert all_rows() == before
    assert RefreshFamily.objects.filter(ended_at=None).exists(), "what was signed in goes on"


def test_it_is_not_done_if_it_cannot_be_told(
    remove: Callable[[], Ended], owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(owner.user)

    def refuse(*_: object, **__: object) -> AuditEvent:
        raise OperationalError("the log cannot be written")

    before = all_rows()
    monkeypatch.setattr(AuditEventQuerySet, "create", refuse)
    assert remove().code == 1
    assert all_rows() == before
    assert Authenticator.objects.count() == len(ALL)


def test_a_login_that_nobody_has_is_1_and_wrong_usage_2(command: Command, db: None) -> None:
    ended = command("remove_second_factors", "nobody@acme.test")
    assert (ended.code, ended.out) == (1, "")
    assert "Nobody has the login nobody@acme.test" in ended.err
    assert command("remove_second_factors").code == 2
