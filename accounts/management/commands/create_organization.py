"""``manage.py create_organization``: an organization and its first owner."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.management.passwords import add_password_option, password_note, read_password
from accounts.management.refusals import refusals_told
from accounts.services.organizations import found_organization

NAMES = {
    "slug": "SLUG",
    "name": "--name",
    "externalId": "--external-id",
    "email": "--owner-email",
    "ownerName": "--owner-name",
    "password": "--password-file",
}


class Command(BaseCommand):
    """Makes sure that an organization and its owner exist; prints the organization's id."""

    help = (
        "Make sure that an organization exists and has this owner. Prints its id."
        " Running it again changes nothing: what exists keeps its name, members and password."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", metavar="SLUG", help="2 to 100 of a-z, 0-9 and -")
        parser.add_argument("--name", required=True, help="what people call it")
        parser.add_argument("--external-id", metavar="ID", help="its name at an external issuer")
        parser.add_argument("--owner-email", metavar="EMAIL", required=True)
        parser.add_argument("--owner-name", metavar="NAME")
        add_password_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make both, or neither."""
        password = read_password(options["password_file"])
        with refusals_told(NAMES):
            founded = found_organization(
                slug=options["slug"],
                name=options["name"],
                external_id=options["external_id"],
                owner_email=options["owner_email"],
                owner_name=options["owner_name"],
                password=password,
            )
        organization, person = founded.organization, founded.owner
        said = "created" if founded.created else f'exists, named "{organization.name}"'
        self.stderr.write(f"{organization.slug}: {said}; {person.user.email} is an owner.")
        if note := password_note(person, given=password is not None):
            self.stderr.write(note)
        self.stdout.write(str(organization.id))
