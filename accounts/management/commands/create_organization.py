"""``manage.py create_organization``: an organization and its first owner."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.inputs import Inputs, clean_email, clean_name, clean_slug, optional
from accounts.management.passwords import add_password_option, password_note, read_password
from accounts.management.refusals import Refused, refusals_told
from accounts.models import Organization
from accounts.services.organizations import clean_own_external_id, ensure_organization
from accounts.services.people import ensure_user

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
        " Running it again changes nothing: what exists keeps its name and password."
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
        """Make the person, then the organization."""
        password = read_password(options["password_file"])
        with refusals_told(NAMES):
            _refuse_bad_values(options)
            _refuse_other_external_id(options["slug"], options["external_id"])
            person = ensure_user(
                email=options["owner_email"], name=options["owner_name"], password=password
            )
            ensured = ensure_organization(
                slug=options["slug"],
                name=options["name"],
                owner=person.user,
                external_id=options["external_id"],
            )
        organization = ensured.organization
        said = "created" if ensured.created else f'exists, named "{organization.name}"'
        self.stderr.write(f"{organization.slug}: {said}; {person.user.email} is an owner.")
        if note := password_note(person, given=password is not None):
            self.stderr.write(note)
        self.stdout.write(str(organization.id))


def _refuse_bad_values(options: dict[str, Any]) -> None:
    """Refuse all bad values together, before the first row is written.

    The person and the organization are made by two services, and a refusal of the
    second would leave the first one's person behind.
    """
    inputs = Inputs()
    inputs.take("slug", options["slug"], clean_slug)
    inputs.take("name", options["name"], clean_name)
    inputs.take("externalId", options["external_id"], optional(clean_own_external_id))
    inputs.take("email", options["owner_email"], clean_email)
    inputs.take("ownerName", options["owner_name"], optional(clean_name))
    inputs.refuse()


def _refuse_other_external_id(slug: str, external_id: str | None) -> None:
    """Refuse to report success where an organization keeps another external id."""
    known = Organization.objects.filter(slug=slug, deleted_at=None).first()
    if external_id is None or known is None:
        return
    if known.external_id != clean_own_external_id(external_id):
        kept = f'the external id "{known.external_id}"' if known.external_id else "no external id"
        raise Refused(f'The organization "{slug}" exists and has {kept}; nothing was changed.')
