"""A second factor that is taken away proves nothing from then on, whatever it proved before."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from accounts.actor import Actor
from accounts.errors import NotAllowed
from accounts.models import Membership, Organization, RefreshFamily
from accounts.services import second_factors
from accounts.services import sign_in as signing_in
from accounts.services.organization_settings import require_second_factors
from tests.second_factors.conftest import App
from tests.second_factors.factors import enrol_app, enrol_recovery_codes, refused, sign_in
from tests.second_factors.test_required import demand, member_of, renew


def take_away() -> None:
    """Remove every factor there is, as another request does in its own transaction."""
    Authenticator.objects.all().delete()


def first(seam: Callable[..., Any]) -> Callable[..., Any]:
    """Return what is called in the place of ``seam``: the factors are gone when it begins."""

    def called(*args: Any, **named: Any) -> Any:
        take_away()
        return seam(*args, **named)

    return called


@pytest.mark.parametrize("kind", ["app", "recovery code"])
def test_one_that_goes_while_it_is_proved_proves_nothing(
    kind: str, app: App, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = enrol_recovery_codes(owner.user)
    proves = second_factors._proves  # noqa: SLF001 - the seam between reading a row and proving it
    monkeypatch.setattr(second_factors, "_proves", first(proves))
    assert refused(sign_in(otp=app.code() if kind == "app" else codes[0]))
    assert not RefreshFamily.objects.exists()


def test_one_that_goes_before_the_sign_in_begins_does_not_open_what_requires_one(
    app: App, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    demand(acme)
    begin = signing_in._begin_family  # noqa: SLF001 - the seam between proof and session
    monkeypatch.setattr(signing_in, "_begin_family", first(begin))
    answer = sign_in(otp=app.code())
    assert refused(answer)
    assert "set one up in the console" in answer.json()["detail"]
    assert not RefreshFamily.objects.exists()


def test_who_proved_one_and_has_none_any_more_gets_no_jwt_where_one_is_required(
    app: App, acme: Organization
) -> None:
    before = sign_in(otp=app.code()).json()["refresh"]
    take_away()
    going_on = renew(before)
    assert going_on.status_code == 200, "nobody requires one yet"
    demand(acme)
    assert renew(going_on.json()["refresh"]).status_code == 401
    assert RefreshFamily.objects.get().ended_at is not None


def test_who_loses_their_own_meanwhile_does_not_lock_themselves_out(
    acme: Organization, admin: Membership
) -> None:
    enrol_app(admin.user)
    actor = member_of(admin)

    def read_again() -> Actor:
        take_away()  # the last moment at which it can go: from here on the person is held
        return actor

    with pytest.raises(NotAllowed):
        require_second_factors(replace(actor, reread=read_again), acme, required=True)
    acme.refresh_from_db()
    assert not acme.requires_second_factor
