"""``manage.py remove_member``: a membership ends, and what hangs on it at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.actor import Actor
from accounts.management.lookups import (
    membership_from_outside,
    membership_of,
    organization_called,
)
from accounts.management.people import add_person_arguments, require_person
from accounts.management.refusals import refusals_told
from accounts.services.memberships import remove_member


class Command(BaseCommand):
    """Ends a membership; the organization's API tokens live on."""

    help = (
        "End a person's membership: their JWTs and sessions for the organization stop at once."
        " The organization's API tokens live on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        self._parser = parser
        parser.add_argument("slug", metavar="SLUG", help="the organization")
        add_person_arguments(parser, "the person's login")

    def handle(self, *_args: Any, **options: Any) -> None:
        """End it, or say that this was done before."""
        from_outside = require_person(self._parser, options)
        if from_outside and options["email"] is not None:
            self._parser.error("name one person: by EMAIL, or by --issuer and --subject")
        with refusals_told():
            organization = organization_called(options["slug"])
            if from_outside:
                issuer, subject = options["issuer"], options["subject"]
                membership = membership_from_outside(issuer, subject, organization)
            else:
                membership = membership_of(options["email"], organization)
            user = membership.user
            called = options["subject"] if from_outside else user.email
            if membership.removed_at is not None:
                self.stderr.write(f"{organization.slug}: {called} was removed before.")
                return
            remove_member(Actor.system(organization.id), organization, user)
        self.stderr.write(f"{organization.slug}: {called} is no member any more.")
