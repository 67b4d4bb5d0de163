"""``manage.py rotate_forward_key``: another key signs identities from now on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.management.refusals import Refused, refusals_told
from accounts.moments import timestamp
from tokens.services.forward_keys import (
    TooSoon,
    UnreadableKeys,
    replace_forward_keys,
    rotate_forward_key,
)


class Command(BaseCommand):
    """Rotates the keys of ``WARDKEY_FORWARD_JWT``; prints what each key is now."""

    help = (
        "Let the next key of WARDKEY_FORWARD_JWT sign, and make another next one. Prints the ids"
        " of the three keys. Workers follow within 10 seconds. Refused within an hour of the last"
        " rotation, since services may not know the next key yet."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument(
            "--replace-all",
            action="store_true",
            help="make all three anew at once, since one was stolen or its server key is lost;"
            " services refuse identities until they have read the keys again",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rotate, and say how the keys stand."""
        change = replace_forward_keys if options["replace_all"] else rotate_forward_key
        with refusals_told():
            try:
                keys = change()
            except TooSoon as fault:
                raise Refused(
                    "Services may still hold a key set without the next key: rotate at"
                    f" {timestamp(fault.until)} or later. If a key was stolen, add --replace-all:"
                    " it does not wait, and services refuse identities until they have read the"
                    " keys again."
                ) from None
            except UnreadableKeys as fault:
                raise Refused(f"The keys cannot be opened: {fault}") from None
        for place in ("next", "current", "previous"):
            self.stdout.write(f"{place}: {getattr(keys, place).kid}")
