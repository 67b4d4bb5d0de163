"""Signing in with a second factor: a right password is not enough, and a code is good once."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, RefreshFamily
from accounts.roles import Role
from accounts.services.memberships import add_member
from tests.clients import RestClient
from tests.organizations.rows import all_rows
from tests.second_factors.conftest import App, Clock
from tests.second_factors.factors import (
    code_at,
    enrol_app,
    enrol_passkey,
    enrol_recovery_codes,
    refused,
    sign_in,
)


def test_a_right_password_alone_gives_no_jwt(door: str, app: App) -> None:
    before = all_rows()
    answer = sign_in(door)
    assert refused(answer)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="wardkey", error="invalid_token"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["errors"] == []
    assert not RefreshFamily.objects.exists()
    after = {place: row for place, row in all_rows().items() if place[0] != "accounts.Attempt"}
    assert after == before


def test_with_the_code_of_the_app_it_does(door: str, app: App) -> None:
    answer = sign_in(door, otp=app.code())
    assert answer.status_code == 200
    assert RestClient(door, answer.json()["access"]).get("/whoami").status_code == 200
    assert RefreshFamily.objects.get().second_factor
    event = AuditEvent.objects.get(action="session.started")
    assert event.changes == {"second_factor": {"before": None, "after": True}}


def test_a_wrong_code_is_answered_as_none(app: App) -> None:
    without, wrong = sign_in().json(), sign_in(otp=app.wrong()).json()
    assert without.pop("errorId") != wrong.pop("errorId")
    assert without == wrong


def test_a_right_code_does_not_help_a_wrong_password(app: App) -> None:
    answer = sign_in(password="wrong", otp=app.code())
    assert (answer.status_code, answer.json()["code"]) == (401, "Auth.NoIdentity")
    assert sign_in(otp=app.code()).status_code == 200, "and it was not used up"


def test_a_wrong_password_does_not_tell_who_has_a_factor(app: App, admin: Membership) -> None:
    answers = []
    for email in ("owner@acme.test", admin.user.email, "nobody@acme.test"):
        told = sign_in(email=email, password="wrong").json()
        told.pop("errorId")
        answers.append(told)
    assert answers[0] == answers[1] == answers[2]


def test_a_code_is_good_once_whatever_the_door(app: App) -> None:
    assert sign_in("/api", otp=app.code()).status_code == 200
    assert refused(sign_in("/api", otp=app.code()))
    assert refused(sign_in("", otp=app.code()))
    assert RefreshFamily.objects.count() == 1


@pytest.mark.parametrize("later", [-1, 0, 1])
def test_a_clock_may_differ_by_one_step(later: int, app: App) -> None:
    assert sign_in(otp=app.code(later)).status_code == 200


@pytest.mark.parametrize("later", [-3, -2, 2, 3])
def test_a_clock_may_differ_by_no_more(later: int, app: App) -> None:
    assert refused(sign_in(otp=app.code(later)))


def test_after_a_code_only_later_ones_are_good(app: App, clock: Clock) -> None:
    assert sign_in(otp=app.code()).status_code == 200
    assert refused(sign_in(otp=app.code(-1)))
    assert sign_in(otp=app.code(1)).status_code == 200
    clock.pass_steps(1)
    assert refused(sign_in(otp=app.code())), "it was used when it was the next one"
    clock.pass_steps(1)
    assert sign_in(otp=app.code()).status_code == 200


def test_a_new_app_makes_the_old_ones_codes_wrong(
    app: App, owner: Membership, clock: Clock
) -> None:
    Authenticator.objects.all().delete()
    new = enrol_app(owner.user)
    assert refused(sign_in(otp=app.code()))
    assert sign_in(otp=code_at(new, clock.step)).status_code == 200


def test_anothers_code_is_wrong(app: App, admin: Membership, clock: Clock) -> None:
    theirs = enrol_app(admin.user)
    assert refused(sign_in(otp=code_at(theirs, clock.step)))
    assert sign_in(email=admin.user.email, otp=code_at(theirs, clock.step)).status_code == 200


def test_a_recovery_code_is_good_once(door: str, app: App, owner: Membership) -> None:
    first, second, *_ = enrol_recovery_codes(owner.user)
    assert sign_in(door, otp=first).status_code == 200
    assert refused(sign_in(door, otp=first))
    assert sign_in(door, otp=second).status_code == 200


def test_codes_may_be_written_as_people_write_them(app: App, owner: Membership) -> None:
    code, recovery = app.code(), enrol_recovery_codes(owner.user)[0]
    assert sign_in(otp=f" {code[:3]} {code[3:]}").status_code == 200
    assert sign_in(otp=f"{recovery[:4]}-{recovery[4:]}").status_code == 200


def test_recovery_codes_without_a_factor_demand_nothing(owner: Membership) -> None:
    enrol_recovery_codes(owner.user)
    assert sign_in().status_code == 200


def test_who_has_a_passkey_alone_signs_in_here_by_a_recovery_code(owner: Membership) -> None:
    enrol_passkey(owner.user)
    assert refused(sign_in())
    assert refused(sign_in(otp="123456"))
    assert sign_in(otp=enrol_recovery_codes(owner.user)[0]).status_code == 200


def test_a_code_without_a_factor_is_not_looked_at(owner: Membership) -> None:
    assert sign_in(otp="123456").status_code == 200
    assert not RefreshFamily.objects.get().second_factor


NOT_ONE: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "empty": lambda _: "",
    "blank": lambda _: " - ",
    "cut short": lambda code: code[:-1],
    "longer": lambda code: f"{code}0",
    "doubled": lambda code: code * 2,
    "other digits": lambda code: code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    "huge": lambda code: code * 5_000,
    "negative": lambda code: f"−{code}",  # noqa: RUF001 - a minus sign, on purpose
}


@pytest.mark.parametrize("spoil", NOT_ONE.values(), ids=NOT_ONE)
def test_what_is_no_code_is_refused(spoil: Callable[[str], Any], app: App) -> None:
    assert refused(sign_in(otp=spoil(app.code())))
    assert sign_in(otp=app.code()).status_code == 200


@pytest.mark.parametrize("odd", [123456, ["123456"], {"code": "123456"}, True])
def test_a_code_that_is_no_text_is_told_without_it(odd: Any, app: App) -> None:
    answer = sign_in(otp=odd)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"location": "body.otp", "message": "must be a string"}]


def test_which_organizations_there_are_is_told_after_the_second_factor(
    app: App, owner: Membership, outsider: Membership
) -> None:
    rival = outsider.organization
    add_member(Actor.system(rival.id), rival, owner.user, Role.VIEWER)
    for otp in (None, app.wrong()):
        answer = sign_in(otp=otp)
        assert refused(answer)
        assert "rival" not in answer.content.decode()
    answer = sign_in(otp=app.code())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"].endswith("acme, rival")
    assert sign_in(otp=app.code(1), organization="rival").status_code == 200


def test_a_code_stands_in_no_answer_row_or_line(
    app: App, owner: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    codes = [app.code(), app.wrong(), *enrol_recovery_codes(owner.user)]
    told = "".join(sign_in(otp=code, extra=code).content.decode() for code in codes)
    told += sign_in(otp=app.wrong()).content.decode() + sign_in(otp=app.code()).content.decode()
    kept = repr(list(AuditEvent.objects.values("changes", "target_slug", "actor_name")))
    found = [code for code in codes if f'"{code}"' in told or code in caplog.text + kept]
    assert found == []
