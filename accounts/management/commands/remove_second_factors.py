"""``manage.py remove_second_factors``: for somebody who has lost theirs, recovery codes too."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.management.lookups import person_called
from accounts.management.refusals import refusals_told
from accounts.services.enrolment import remove_second_factors


class Command(BaseCommand):
    """Removes every second factor of a person; prints nothing on standard output."""

    help = (
        "Remove a person's second factors and recovery codes, all of them. What they have signed"
        " in to ends. Be sure who asks for it: the password alone signs in then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email", metavar="EMAIL", help="the person's login")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove what there is; nothing is no fault."""
        with refusals_told():
            user = person_called(options["email"])
            removed = remove_second_factors(user)
        if removed:
            told = f"removed: {', '.join(removed)}. Earlier sign-ins have ended."
        else:
            told = "there is no second factor."
        self.stderr.write(f"{user.email}: {told}")
