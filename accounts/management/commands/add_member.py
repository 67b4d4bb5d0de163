"""``manage.py add_member``: a person, and their role in an organization."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.actor import Actor
from accounts.management.lookups import organization_called
from accounts.management.passwords import add_password_option, password_note, read_password
from accounts.management.refusals import refusals_told
from accounts.roles import Role
from accounts.services.memberships import add_member
from accounts.services.people import ensure_user

NAMES = {"email": "EMAIL", "name": "--name", "password": "--password-file"}


class Command(BaseCommand):
    """Makes sure that a person is a member with a role; prints the person's id."""

    help = (
        "Make sure that a person is a member of an organization with this role. Prints the"
        " person's id. Running it again with another role changes the role."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", metavar="SLUG", help="the organization")
        parser.add_argument("email", metavar="EMAIL", help="the person's login")
        parser.add_argument("--role", required=True, choices=[str(role) for role in Role])
        parser.add_argument("--name", help="what the person is called, if new")
        add_password_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the person if need be, then the membership."""
        password = read_password(options["password_file"])
        role = Role(options["role"])
        with refusals_told(NAMES):
            organization = organization_called(options["slug"])
            person = ensure_user(email=options["email"], name=options["name"], password=password)
            add_member(Actor.system(organization.id), organization, person.user, role)
        self.stderr.write(f"{organization.slug}: {person.user.email} has the role {role}.")
        if note := password_note(person, given=password is not None):
            self.stderr.write(note)
        self.stdout.write(str(person.user.id))
