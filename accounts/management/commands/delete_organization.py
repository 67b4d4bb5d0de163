"""``manage.py delete_organization``: from its end on, no credential of it is good."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.actor import Actor
from accounts.management.refusals import Refused, refusals_told
from accounts.models import Organization
from accounts.services.organizations import delete_organization


class Command(BaseCommand):
    """Deletes an organization; there is no way back."""

    help = (
        "Delete an organization: its people and tokens are refused from then on."
        " There is no way back; its slug is free for a new one that inherits nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the argument."""
        parser.add_argument("slug", metavar="SLUG")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete it, or say that this was done before."""
        slug = options["slug"]
        with refusals_told():
            rows = Organization.objects.filter(slug=slug)
            found = rows.filter(deleted_at=None).first()
            if found is not None:
                delete_organization(Actor.system(found.id), found)
                self.stderr.write(f"{slug}: deleted; none of its credentials is good any more.")
            elif rows.exists():
                self.stderr.write(f"{slug}: was deleted before; nothing to do.")
            else:
                raise Refused(f'The organization "{slug}" does not exist.')
