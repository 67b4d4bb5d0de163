"""``manage.py changepassword``: a person's new password, in place of Django's command.

Django's own writes no audit line and lets refresh tokens of the old password stand.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.management.lookups import person_called
from accounts.management.passwords import add_password_option, ask_password, read_password
from accounts.management.refusals import refusals_told
from accounts.services.people import set_password

NAMES = {"password": "the password"}


class Command(BaseCommand):
    """Sets a password, whatever was before; prints nothing on standard output."""

    help = (
        "Set a person's password. What was signed in with the old one ends. Asks for it twice,"
        " unless --password-file is given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email", metavar="EMAIL", help="the person's login")
        add_password_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Find the person before anybody types, then set it."""
        with refusals_told(NAMES):
            user = person_called(options["email"])
            set_password(user, read_password(options["password_file"]) or ask_password())
        self.stderr.write(f"{user.email}: the password is set; earlier sign-ins have ended.")
