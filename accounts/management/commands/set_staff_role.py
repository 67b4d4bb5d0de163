"""``manage.py set_staff_role``: who belongs to the support staff, and as what."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.management.lookups import person_called
from accounts.management.refusals import refusals_told
from accounts.services.second_factors import has_second_factor
from accounts.services.staff import set_staff_role
from accounts.staff import StaffRole

NONE = "none"


class Command(BaseCommand):
    """Gives a person one role among the staff, or takes it away; prints nothing on stdout."""

    help = (
        "Make a person one of the support staff, who see every organization in the admin, with"
        " this role alone. With none they are one no more, and what they have signed in to ends."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email", metavar="EMAIL", help="the person's login")
        parser.add_argument(
            "--role", type=_role, required=True, metavar="ROLE", help=f"one of: {_CHOICES}"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Give the role; the one that they have is no fault."""
        role: StaffRole | None = options["role"]
        with refusals_told():
            user = person_called(options["email"])
            set_staff_role(user, role)
            needs_factor = settings.WARDKEY_STAFF_MFA and not has_second_factor(user)
        if role is None:
            self.stderr.write(
                f"{user.email}: not one of the support staff; earlier sign-ins have ended."
            )
            return
        self.stderr.write(f"{user.email} has the role {role} in the support staff.")
        if needs_factor:
            self.stderr.write(f"{user.email} has to set up a second factor before the admin opens.")


_CHOICES = ", ".join([*(role.replace(" ", "-") for role in StaffRole), NONE])


def _role(text: str) -> StaffRole | None:
    """Return the role, whose words may stand with a dash between them; None takes it away."""
    if text == NONE:
        return None
    try:
        return StaffRole(text.replace("-", " "))
    except ValueError:
        raise ArgumentTypeError(f"one of: {_CHOICES}; not {text!r}") from None
