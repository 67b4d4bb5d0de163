"""``manage.py add_member``: a person, and their role in an organization."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.actor import Actor
from accounts.issuers.trust import BadIssuers, trusted_issuers
from accounts.management.lookups import organization_called
from accounts.management.passwords import add_password_option, password_note, read_password
from accounts.management.people import add_person_arguments, require_person
from accounts.management.refusals import refusals_told
from accounts.models import Organization
from accounts.roles import Role
from accounts.services.memberships import take_in
from accounts.services.outsiders import take_in_outsider

NAMES = {
    "email": "EMAIL",
    "name": "--name",
    "password": "--password-file",
    "issuer": "--issuer",
    "subject": "--subject",
}


class Command(BaseCommand):
    """Makes sure that a person is a member with a role; prints the person's id.

    A person is either somebody with a login here, named by EMAIL, or somebody from outside,
    named by issuer and subject. With those EMAIL is only what a new person is called, and
    a password is wrong usage: nothing joins the two kinds.
    """

    help = (
        "Make sure that a person is a member of an organization with this role. Prints the"
        " person's id. Running it again with another role changes the role."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        self._parser = parser
        parser.add_argument("slug", metavar="SLUG", help="the organization")
        add_person_arguments(
            parser,
            "the person's login; with --issuer and --subject no login, only what a new person"
            " without --name is called",
        )
        parser.add_argument("--role", required=True, choices=[str(role) for role in Role])
        parser.add_argument("--name", help="what the person is called, if new")
        add_password_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the person if need be and the membership, both or neither."""
        from_outside = require_person(self._parser, options)
        if from_outside and options["password_file"] is not None:
            self._parser.error("who comes from an external issuer has no password here")
        role = Role(options["role"])
        password = read_password(options["password_file"])
        with refusals_told(NAMES):
            organization = organization_called(options["slug"])
            system = Actor.system(organization.id)
            person = {"email": options["email"], "name": options["name"]}
            if from_outside:
                identity = {"issuer": options["issuer"], "subject": options["subject"]}
                user = take_in_outsider(system, organization, role, **identity, **person).user
                note = _issuer_note(options["issuer"], organization)
            else:
                taken = take_in(system, organization, role, **person, password=password)
                user = taken.person.user
                note = password_note(taken.person, given=password is not None)
        called = options["subject"] if from_outside else user.email
        self.stderr.write(f"{organization.slug}: {called} has the role {role}.")
        if note:
            self.stderr.write(note)
        self.stdout.write(str(user.id))


def _issuer_note(name: str, organization: Organization) -> str | None:
    """Return why the person's JWTs would not be good yet, if so."""
    try:
        issuer = trusted_issuers().get(name)
    except BadIssuers as fault:
        return f"WARDKEY_ISSUERS cannot be used: {fault}."
    if issuer is None:
        return f"WARDKEY_ISSUERS does not have {name}: JWTs of it are refused until it does."
    if not issuer.speaks_for(organization.id):
        return f'{name} may not speak for "{organization.slug}": see WARDKEY_ISSUERS.'
    return None
