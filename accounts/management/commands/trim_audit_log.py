"""``manage.py trim_audit_log``: the one maintenance that may delete lines of the audit log."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from accounts.actor import Actor
from accounts.management.refusals import refusals_told
from accounts.services.audit_log import organizations_with_lines, trim_audit_log


class Command(BaseCommand):
    """Deletes old lines of the audit log; prints how many."""

    help = (
        "Delete the audit lines older than a day, at least 30 days ago, of every organization."
        " Prints how many. Each organization's log keeps one line that tells of it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument(
            "--before", type=_day, required=True, metavar="YYYY-MM-DD", help="a day, in UTC"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Trim one organization's log after the other."""
        before = options["before"]
        total = 0
        with refusals_told({"before": "--before"}):
            for organization_id in organizations_with_lines(before):
                total += trim_audit_log(Actor.system(organization_id), before)
        self.stderr.write(f"{total} audit lines from before {before} (UTC) are deleted.")
        self.stdout.write(str(total))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"write a day like 2026-01-31, not {text!r}") from None
