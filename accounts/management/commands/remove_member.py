"""``manage.py remove_member``: a membership ends, and what hangs on it at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.actor import Actor
from accounts.management.lookups import membership_of, organization_called
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
        parser.add_argument("slug", metavar="SLUG", help="the organization")
        parser.add_argument("email", metavar="EMAIL", help="the person's login")

    def handle(self, *_args: Any, **options: Any) -> None:
        """End it, or say that this was done before."""
        with refusals_told():
            organization = organization_called(options["slug"])
            membership = membership_of(options["email"], organization)
            user = membership.user
            if membership.removed_at is not None:
                self.stderr.write(f"{organization.slug}: {user.email} was removed before.")
                return
            remove_member(Actor.system(organization.id), organization, user)
        self.stderr.write(f"{organization.slug}: {user.email} is no member any more.")
