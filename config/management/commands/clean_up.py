"""``manage.py clean_up``: deletes the rows whose time is over."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.management.refusals import refusals_told
from accounts.services.clean_up import clean_up


class Command(BaseCommand):
    """Deletes what is over; prints how much of each kind."""

    help = (
        "Delete idempotency keys older than 24 hours, sign-ins and sessions that have ended,"
        " invitations that have expired, counters of tries whose window is over, bulk acts of"
        " the support staff older than 90 days, and what tokens were used with and have not been"
        " for 90 days. Prints how many of each. `serve` does the same every hour; it may be run"
        " at any time."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Clean up, and say what was deleted."""
        with refusals_told():
            deleted = clean_up()
        for kind, number in deleted.items():
            self.stdout.write(f"{kind}: {number}")
