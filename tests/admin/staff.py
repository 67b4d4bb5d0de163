"""The support staff: people of each role, signed in at the console's door."""

from datetime import timedelta

from django.test import Client

from accounts.models import User
from accounts.services.staff import set_staff_role
from accounts.staff import StaffRole
from tests.conftest import PASSWORD, make_person

SIGN_IN, CONFIRM = "/console/-/sign-in", "/console/-/confirm"


def make_staff(role: StaffRole) -> User:
    """Return a new person of the staff."""
    name = role.replace(" ", "-")
    person = make_person(f"{name}@staff.test", f"Sam the {role}")
    set_staff_role(person, role)
    return User.objects.get(pk=person.pk)


def browser_of(person: User) -> Client:
    """Return a browser in which somebody has just signed in, by their password."""
    browser = Client()
    typed = {"email": person.email or "", "password": PASSWORD}
    assert browser.post(SIGN_IN, typed).status_code == 303
    return browser


def let_pass(browser: Client, span: timedelta) -> None:
    """Have so much time gone by since somebody proved themselves in this browser."""
    session = browser.session
    records = session["account_authentication_methods"]
    assert records, "who has signed in has proved something"
    for record in records:
        record["at"] -= span.total_seconds()
    session["account_authentication_methods"] = records
    session.save()
