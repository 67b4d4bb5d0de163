"""The operator's commands: what they do, say, and exit with; twice too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.models import AuditEvent, Membership, Organization, User
from accounts.roles import Role
from tests.clients import RestClient
from tests.conftest import acting
from tests.operations.command_line import Command, Ended
from tests.organizations.rows import all_rows
from tokens.services.issue import IssuedToken

pytestmark = pytest.mark.django_db(transaction=True)

STRONG = "a violet teapot 91"


def create(command: Command, *words: str, stdin: str = "") -> Ended:
    given = ("create_organization", "moon", "--name", "Moon", "--owner-email", "Neil@Moon.test")
    return command(*given, *words, stdin=stdin)


def sign_in(email: str, password: str) -> int:
    body = {"email": email, "password": password}
    return int(RestClient().post("/auth/token", body).status_code)


def test_create_organization_makes_it_with_an_owner_who_can_sign_in(command: Command) -> None:
    ended = create(command, "--password-file", "-", "--external-id", "m-1", stdin=f"{STRONG}\n")
    assert ended.code == 0
    organization = Organization.objects.get(slug="moon")
    assert ended.out == f"{organization.id}\n"
    assert (organization.name, organization.external_id) == ("Moon", "m-1")
    assert Membership.objects.get(organization=organization).role == Role.OWNER
    assert sign_in("neil@moon.test", STRONG) == 200
    lines = AuditEvent.objects.filter(organization_id=organization.id, actor_type="system")
    assert [line.action for line in lines.order_by("at")] == [
        "organization.created",
        "user.created",
        "user.password_set",
        "member.added",
    ]


def test_create_organization_again_changes_nothing(command: Command) -> None:
    first = create(command, "--password-file", "-", stdin=STRONG)
    rows = list(Organization.objects.values()), list(User.objects.values("id", "password"))
    lines = AuditEvent.objects.count()
    again = create(command, "--password-file", "-", stdin="another teapot 91")
    assert (again.code, again.out) == (0, first.out)
    assert "not changed" in again.err
    assert rows == (
        list(Organization.objects.values()),
        list(User.objects.values("id", "password")),
    )
    assert AuditEvent.objects.count() == lines


def test_a_login_without_a_password_is_said_and_can_be_given_one(command: Command) -> None:
    ended = create(command)
    assert ended.code == 0
    assert "no password yet" in ended.err
    assert sign_in("neil@moon.test", STRONG) == 401
    assert create(command, "--password-file", "-", stdin=STRONG).code == 0
    assert sign_in("neil@moon.test", STRONG) == 200
    assert AuditEvent.objects.filter(action="user.created").count() == 1
    assert AuditEvent.objects.filter(action="user.password_set").count() == 1


def test_every_bad_value_is_named_by_its_option_and_nothing_is_written(command: Command) -> None:
    ended = command(
        "create_organization", "X", "--name", " ", "--owner-email", "nobody",
        "--external-id", "2f0c7b1e-8a4e-4c55-9b55-2b8f7a1d9c11",
    )  # fmt: skip
    assert ended.code == 1
    assert ended.out == ""
    [line] = ended.err.splitlines()
    for name in ("SLUG", "--name", "--owner-email", "--external-id"):
        assert f"{name}: " in line
    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_an_easy_password_is_refused_without_being_quoted(command: Command) -> None:
    ended = create(command, "--password-file", "-", stdin="password1")
    assert ended.code == 1
    assert "--password-file: " in ended.err
    assert "password1" not in ended.err
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\n", "empty"), (b"\xff\xfe", "UTF-8"), (b"one\ntwo", "one line"), (b"x" * 2000, "longer")],
)
def test_a_file_that_holds_no_password_is_refused(
    command: Command, tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    ended = create(command, "--password-file", str(file))
    assert ended.code == 1
    assert said in ended.err
    assert not User.objects.exists()


def test_a_password_file_that_is_not_there_is_refused(command: Command, tmp_path: Path) -> None:
    ended = create(command, "--password-file", str(tmp_path / "none"))
    assert ended.code == 1
    assert "cannot be read" in ended.err


def test_another_external_id_is_not_reported_as_done(command: Command, acme: Organization) -> None:
    owner = ("--owner-email", "owner@acme.test")
    ended = command("create_organization", "acme", "--name", "Acme", *owner, "--external-id", "a")
    assert ended.code == 1
    acme.refresh_from_db()
    assert acme.external_id is None


def test_an_external_id_in_use_is_refused(command: Command) -> None:
    assert create(command, "--external-id", "m-1").code == 0
    ended = command(
        "create_organization", "mars", "--name", "Mars", "--owner-email", "neil@moon.test",
        "--external-id", "m-1",
    )  # fmt: skip
    assert ended.code == 1
    assert not Organization.objects.filter(slug="mars").exists()


def test_delete_organization_refuses_its_credentials_and_says_so_the_second_time(
    command: Command, acme: Organization, owner: Membership, ci: IssuedToken
) -> None:
    person, program = acting(owner), RestClient(credential=str(ci.secret))
    assert program.get("/tokens/validate").status_code == 200
    assert command("delete_organization", "acme").code == 0
    assert program.get("/tokens/validate").status_code == 401
    assert person.get("/whoami").status_code == 401
    lines = AuditEvent.objects.count()
    again = command("delete_organization", "acme")
    assert again.code == 0
    assert "deleted before" in again.err
    assert AuditEvent.objects.count() == lines


def test_delete_organization_refuses_what_never_was(command: Command) -> None:
    ended = command("delete_organization", "nowhere")
    assert ended.code == 1
    assert 'The organization "nowhere" does not exist' in ended.err


def test_add_member_adds_changes_the_role_and_repeats(command: Command, acme: Organization) -> None:
    words = ("add_member", "acme", "eve@acme.test", "--name", "Eve", "--role")
    ended = command(*words, "viewer", "--password-file", "-", stdin=f"{STRONG}\n")
    assert ended.code == 0
    membership = Membership.objects.select_related("user").get(user__email="eve@acme.test")
    assert ended.out == f"{membership.user.id}\n"
    assert (membership.role, membership.user.name) == (Role.VIEWER, "Eve")
    assert command(*words, "developer").code == 0
    assert command(*words, "developer").code == 0
    membership.refresh_from_db()
    assert membership.role == Role.DEVELOPER
    actions = AuditEvent.objects.filter(target_id=membership.user.id).order_by("at")
    assert [line.action for line in actions] == [
        "user.created",
        "user.password_set",
        "member.added",
        "member.role_changed",
    ]


def test_add_member_refuses_to_leave_no_owner(command: Command, acme: Organization) -> None:
    ended = command("add_member", "acme", "owner@acme.test", "--role", "viewer")
    assert ended.code == 1
    assert "keeps an owner" in ended.err


@pytest.mark.parametrize("words", [("nowhere", "a@b.test"), ("acme", "no-address")])
def test_add_member_refuses_and_leaves_nobody_behind(
    command: Command, acme: Organization, words: tuple[str, str]
) -> None:
    before = all_rows()
    assert command("add_member", *words, "--role", "viewer").code == 1
    assert all_rows() == before


def test_add_member_that_is_refused_sets_no_password(command: Command, acme: Organization) -> None:
    User.objects.filter(email="owner@acme.test").update(password="!")
    before = all_rows()
    words = ("add_member", "acme", "owner@acme.test", "--role", "viewer", "--password-file", "-")
    ended = command(*words, stdin=STRONG)
    assert ended.code == 1
    assert "keeps an owner" in ended.err
    assert all_rows() == before


def test_remove_member_acts_at_once_and_says_so_the_second_time(
    command: Command, acme: Organization, viewer: Membership
) -> None:
    rest = acting(viewer)
    assert rest.get("/whoami").status_code == 200
    assert command("remove_member", "acme", "VERA@acme.test").code == 0
    assert rest.get("/whoami").status_code == 401
    again = command("remove_member", "acme", "vera@acme.test")
    assert again.code == 0
    assert "removed before" in again.err
    assert AuditEvent.objects.filter(action="member.removed").count() == 1


def test_remove_member_refuses_a_stranger_and_the_only_owner(
    command: Command, acme: Organization, outsider: Membership
) -> None:
    assert command("remove_member", "acme", "owner@rival.test").code == 1
    assert command("remove_member", "acme", "owner@acme.test").code == 1
    assert Membership.objects.filter(removed_at=None).count() == 2


@pytest.mark.node
@pytest.mark.parametrize(
    "words",
    [
        ("create_organization", "moon", "--name", "Moon", "--owner-email", "a@b.test"),
        ("delete_organization", "moon"),
        ("issue_jwt", "a@b.test", "--organization", "moon"),
        ("trim_audit_log", "--before", "2020-01-01"),
    ],
    ids=lambda words: words[0],
)
def test_a_database_that_is_not_set_up_is_one_clear_line(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=Path(__file__).resolve().parents[2],
        env={"PATH": os.environ["PATH"], "WARDKEY_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "manage.py migrate" in line


@pytest.mark.parametrize(
    "words",
    [
        ("create_organization",),
        ("create_organization", "moon", "--owner-email", "a@b.test"),
        ("add_member", "acme", "--role", "viewer"),
        ("add_member", "acme", "a@b.test"),
        ("add_member", "acme", "a@b.test", "--role", "king"),
        ("add_member", "acme", "a@b.test", "--role", "viewer", "--password", "x"),
        ("remove_member", "acme"),
        ("delete_organization",),
        ("issue_jwt", "a@b.test"),
        ("trim_audit_log",),
        ("trim_audit_log", "--before", "yesterday"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(command: Command, words: tuple[str, ...]) -> None:
    ended = command(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "usage: manage.py" in ended.err


def test_no_password_reaches_the_log_or_the_audit(
    command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    ended = create(command, "--password-file", "-", stdin=STRONG)
    assert STRONG not in ended.out + ended.err + caplog.text
    assert STRONG not in repr(list(AuditEvent.objects.values()))
