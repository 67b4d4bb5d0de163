"""``manage.py issue_jwt``: a person's JWT, for scripts and first steps."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from accounts import jwt
from accounts.actor import Actor
from accounts.management.lookups import membership_of, organization_called
from accounts.management.refusals import refusals_told
from accounts.services.memberships import grant_jwt
from accounts.spans import parse_span


class Command(BaseCommand):
    """Prints an access JWT, alone, on standard output."""

    help = "Print an access JWT of a member, good for a short time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email", metavar="EMAIL", help="the member's login")
        parser.add_argument("--organization", metavar="SLUG", required=True)
        parser.add_argument(
            "--lifetime",
            type=_lifetime,
            default=jwt.LONGEST_LIFETIME,
            metavar="SPAN",
            help="like 5m or 1h, which is the default and the longest",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Have it noted, then print it, unless the API would refuse it."""
        lifetime = options["lifetime"]
        with refusals_told():
            organization = organization_called(options["organization"])
            membership = membership_of(options["email"], organization)
            granted = grant_jwt(Actor.system(organization.id), membership, lifetime)
        self.stdout.write(jwt.mint(granted, lifetime))


def _lifetime(text: str) -> timedelta:
    """Return a lifetime that a JWT may have (whole seconds, since ``exp`` counts those)."""
    try:
        span = parse_span(text)
    except ValueError as fault:
        raise ArgumentTypeError(str(fault)) from None
    if not timedelta(seconds=1) <= span <= jwt.LONGEST_LIFETIME:
        raise ArgumentTypeError(f"from 1s to 1h, not {text}")
    return span
