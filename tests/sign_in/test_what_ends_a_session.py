"""What ends a session: a new password, and a removal at the very moment of signing in."""

from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, Organization, RefreshFamily
from accounts.roles import Role
from accounts.services import sign_in as signing_in
from accounts.services.memberships import add_member, remove_member
from tests.clients import RestClient
from tests.conftest import PASSWORD


def sign_in(membership: Membership) -> Any:
    """Sign the member in through HTTP."""
    return RestClient().post("/auth/token", {"email": membership.user.email, "password": PASSWORD})


def test_a_new_password_ends_what_was_signed_in_before(admin: Membership) -> None:
    before = sign_in(admin).json()["refresh"]
    admin.user.set_password("another long password 7")
    admin.user.save()
    assert RestClient().post("/auth/token/refresh", {"refresh": before}).status_code == 401
    assert RefreshFamily.objects.get().ended_at is not None
    assert AuditEvent.objects.filter(action="session.ended").count() == 1


def test_who_is_removed_while_signing_in_gets_no_session(
    admin: Membership, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = Actor.system(acme.id)
    begin = signing_in._begin_family  # noqa: SLF001 - the seam between proof and session

    def removed_meanwhile(*args: Any, **named: Any) -> Any:
        remove_member(system, acme, admin.user)
        return begin(*args, **named)

    monkeypatch.setattr(signing_in, "_begin_family", removed_meanwhile)
    assert sign_in(admin).status_code == 401
    add_member(system, acme, admin.user, Role.ADMIN)
    assert not RefreshFamily.objects.exists()


def test_a_password_that_is_changed_while_signing_in_begins_no_session(
    admin: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = signing_in._begin_family  # noqa: SLF001 - the seam between proof and session

    def changed_meanwhile(*args: Any, **named: Any) -> Any:
        admin.user.set_password("another long password 7")
        admin.user.save()
        return begin(*args, **named)

    monkeypatch.setattr(signing_in, "_begin_family", changed_meanwhile)
    assert sign_in(admin).status_code == 401
    assert not RefreshFamily.objects.exists()
