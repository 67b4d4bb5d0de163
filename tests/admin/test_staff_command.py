"""``set_staff_role``: who is of the support staff, and as what."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEvent, Session, User
from accounts.services.staff import role_of
from accounts.staff import StaffRole
from tests.admin.staff import browser_of
from tests.conftest import PASSWORD, make_person
from tests.operations.command_line import Command
from tests.operations.conftest import command
from tests.organizations.rows import all_rows
from tests.second_factors.factors import enrol_app

__all__ = ["command"]

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "sam@staff.test"


@pytest.fixture
def sam() -> User:
    """Somebody with a login, who is no member of anything."""
    return make_person(EMAIL, "Sam")


def role_now() -> StaffRole | None:
    return role_of(User.objects.get(email=EMAIL))


def home(browser: Client) -> int:
    return int(browser.get("/admin/").status_code)


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("auditor", StaffRole.AUDITOR),
        ("support", StaffRole.SUPPORT),
        ("support lead", StaffRole.LEAD),
        ("support-lead", StaffRole.LEAD),
    ],
)
def test_a_role_opens_the_admin(command: Command, sam: User, word: str, role: StaffRole) -> None:
    browser = browser_of(sam)
    assert home(browser) == 403
    ended = command("set_staff_role", "Sam@Staff.test", "--role", word)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"{EMAIL} has the role {role} in the support staff.\n"
    assert role_now() is role
    assert home(browser) == 200


def test_the_next_role_takes_the_place_of_the_one_before(command: Command, sam: User) -> None:
    for word in ("support-lead", "auditor"):
        assert command("set_staff_role", EMAIL, "--role", word).code == 0
    assert role_now() is StaffRole.AUDITOR


def test_a_superuser_with_a_lesser_role_is_none_any_more(command: Command) -> None:
    User.objects.create_superuser(EMAIL, PASSWORD)
    assert role_now() is StaffRole.LEAD
    assert command("set_staff_role", EMAIL, "--role", "auditor").code == 0
    assert role_now() is StaffRole.AUDITOR
    assert not User.objects.get(email=EMAIL).is_superuser


def test_a_role_taken_away_closes_the_admin_and_ends_the_sign_ins(
    command: Command, sam: User
) -> None:
    assert command("set_staff_role", EMAIL, "--role", "support").code == 0
    browser = browser_of(sam)
    assert home(browser) == 200
    ended = command("set_staff_role", EMAIL, "--role", "none")
    assert (ended.code, ended.out) == (0, "")
    assert "not one of the support staff" in ended.err
    assert home(browser) == 302
    assert role_now() is None
    assert not Session.objects.filter(user=sam).exists()
    assert home(browser_of(sam)) == 403


def test_a_second_run_changes_nothing(command: Command, sam: User) -> None:
    for word in ("support", "none"):
        first = command("set_staff_role", EMAIL, "--role", word)
        rows = all_rows()
        assert command("set_staff_role", EMAIL, "--role", word) == first
        assert all_rows() == rows


def test_a_missing_second_factor_is_said_where_one_is_demanded(
    command: Command, sam: User, settings: Settings
) -> None:
    words = ("set_staff_role", EMAIL, "--role", "support")
    assert "second factor" not in command(*words).err
    settings.WARDKEY_STAFF_MFA = True
    assert "has to set up a second factor" in command(*words).err
    enrol_app(sam)
    assert "second factor" not in command(*words).err


def test_no_line_is_written_as_staff_stand_in_no_organization(command: Command, sam: User) -> None:
    assert command("set_staff_role", EMAIL, "--role", "support").code == 0
    assert not AuditEvent.objects.exists()


def test_a_login_that_nobody_has_is_1_and_wrong_usage_2(command: Command, db: None) -> None:
    ended = command("set_staff_role", "nobody@staff.test", "--role", "support")
    assert (ended.code, ended.out) == (1, "")
    assert "Nobody has the login nobody@staff.test" in ended.err
    for words in ([EMAIL], [EMAIL, "--role", "king"], ["--role", "support"]):
        assert command("set_staff_role", *words).code == 2
