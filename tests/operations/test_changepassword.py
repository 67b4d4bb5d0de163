"""``changepassword``: a new password, told in each organization that the person is a member of."""

import getpass
import io
import sys
from collections.abc import Callable
from typing import TypeAlias

import pytest
from django.core.management import get_commands
from django.db import OperationalError

from accounts.actor import Actor
from accounts.management.commands.changepassword import Command as ChangePassword
from accounts.models import AuditEvent, Membership, Organization, RefreshFamily
from accounts.querysets import AuditEventQuerySet
from accounts.roles import Role
from accounts.services.memberships import add_member, remove_member
from accounts.services.organizations import delete_organization
from tests.clients import RestClient
from tests.conftest import PASSWORD, make_organization, make_person
from tests.operations.command_line import Ended
from tests.organizations.rows import all_rows

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "a violet teapot 91"
EMAIL = "owner@acme.test"

Run: TypeAlias = Callable[..., Ended]


@pytest.fixture
def change(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run our command with arguments; ``typed`` is what somebody types at a terminal."""
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)

    def run(*words: str, stdin: str = "", typed: list[str] | None = None) -> Ended:
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()))
        given.isatty = lambda: typed is not None  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stdin", given)
        answers = iter(typed or [])

        def answer(_prompt: str) -> str:
            try:
                return next(answers)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr(getpass, "getpass", answer)
        capsys.readouterr()
        code = 0
        try:
            ChangePassword().run_from_argv(["manage.py", "changepassword", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        return Ended(code=code, out=told.out, err=told.err)

    return run


def sign_in(password: str) -> RestClient | None:
    """Return a client of the owner of `acme`, if that is the password."""
    body = {"email": EMAIL, "password": password, "organization": "acme"}
    answer = RestClient().post("/auth/token", body)
    return RestClient("", answer.json()["refresh"]) if answer.status_code == 200 else None


def told_in(*organizations: Organization) -> bool:
    """Say whether exactly these have a line of a new password, one each, of the owner."""
    lines = AuditEvent.objects.filter(action="user.password_set", target_slug=EMAIL, changes={})
    homes = sorted(lines.values_list("organization_id", flat=True))
    return homes == sorted(organization.id for organization in organizations)


def test_it_stands_in_the_place_of_djangos_command() -> None:
    assert get_commands()["changepassword"] == "accounts"


def test_the_new_password_signs_in_and_the_old_one_does_not(change: Run, owner: Membership) -> None:
    ended = change("Owner@Acme.test", "--password-file", "-", stdin=f"{NEW}\n")
    assert (ended.code, ended.out) == (0, "")
    assert "the password is set" in ended.err
    assert NEW not in ended.err
    assert sign_in(NEW) is not None
    assert sign_in(PASSWORD) is None


def test_what_was_signed_in_with_the_old_one_ends_at_once(change: Run, owner: Membership) -> None:
    before = sign_in(PASSWORD)
    assert before is not None
    assert change(EMAIL, "--password-file", "-", stdin=NEW).code == 0
    assert not RefreshFamily.objects.filter(ended_at=None).exists()
    refresh = {"refresh": str(before.credential)}
    assert RestClient().post("/auth/token/refresh", refresh).status_code == 401


def test_another_persons_sessions_go_on(change: Run, owner: Membership, admin: Membership) -> None:
    body = {"email": admin.user.email, "password": PASSWORD}
    refresh = RestClient().post("/auth/token", body).json()["refresh"]
    assert change(EMAIL, "--password-file", "-", stdin=NEW).code == 0
    assert RestClient().post("/auth/token/refresh", {"refresh": refresh}).status_code == 200


def test_each_organization_of_the_person_is_told_and_no_other(
    change: Run, acme: Organization, owner: Membership, outsider: Membership
) -> None:
    second, left, gone = (make_organization(slug).organization for slug in ("s2", "s3", "s4"))
    for organization in (second, left, gone):
        system = Actor.system(organization.id)
        add_member(system, organization, owner.user, Role.VIEWER)
    remove_member(Actor.system(left.id), left, owner.user)
    delete_organization(Actor.system(gone.id), gone)
    assert told_in(acme)
    assert change(EMAIL, "--password-file", "-", stdin=NEW).code == 0
    assert told_in(acme, acme, second)
    assert NEW not in repr(list(AuditEvent.objects.values()))


def test_who_is_in_no_organization_gets_a_password_all_the_same(change: Run, db: None) -> None:
    person = make_person("loner@acme.test", "Loner")
    assert change("loner@acme.test", "--password-file", "-", stdin=NEW).code == 0
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert not AuditEvent.objects.exists()


def test_it_is_not_done_if_one_organization_cannot_be_told(
    change: Run,
    acme: Organization,
    owner: Membership,
    outsider: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rival, create = outsider.organization, AuditEventQuerySet.create
    add_member(Actor.system(rival.id), rival, owner.user, Role.VIEWER)
    assert sign_in(PASSWORD) is not None
    before, told = all_rows(), []

    def refuse_the_second(rows: AuditEventQuerySet, **line: object) -> AuditEvent:
        told.append(line["organization_id"])
        if len(told) == 1:
            return create(rows, **line)
        raise OperationalError("the log cannot be written")

    monkeypatch.setattr(AuditEventQuerySet, "create", refuse_the_second)
    assert change(EMAIL, "--password-file", "-", stdin=NEW).code == 1
    assert set(told) == {acme.id, rival.id}
    assert all_rows() == before


def test_it_is_asked_for_twice_at_a_terminal(change: Run, owner: Membership) -> None:
    assert change(EMAIL, typed=[NEW, NEW]).code == 0
    assert sign_in(NEW) is not None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([NEW, f"{NEW} "], "not the same"),
        (["", ""], "empty"),
        (["x" * 2000] * 2, "longer"),
        ([NEW], "No password was given"),
        (["password1"] * 2, "the password: "),
        (["owner@acme.test"] * 2, "too similar"),
        (None, "--password-file"),
    ],
    ids=["different", "empty", "long", "broken off", "easy", "like the login", "no terminal"],
)
def test_what_is_typed_wrong_is_told_and_nothing_is_changed(
    change: Run, owner: Membership, typed: list[str] | None, said: str
) -> None:
    before = all_rows()
    ended = change(EMAIL, typed=typed)
    assert (ended.code, ended.out) == (1, "")
    [line] = ended.err.splitlines()
    assert said in line
    assert all(not text or text not in line for text in (typed or [])[:1])
    assert all_rows() == before


def test_a_login_that_nobody_has_is_told_before_anybody_types(change: Run, db: None) -> None:
    ended = change("nobody@acme.test", typed=[])
    assert ended.code == 1
    assert "Nobody has the login nobody@acme.test" in ended.err


@pytest.mark.parametrize("words", [(), (EMAIL, "--password", NEW), (EMAIL, NEW)])
def test_wrong_usage_of_it_is_2(change: Run, words: tuple[str, ...], db: None) -> None:
    ended = change(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "usage: manage.py changepassword" in ended.err
