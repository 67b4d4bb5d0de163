"""``manage.py rotate_forward_key``: another key signs identities from now on."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.management.refusals import Refused, refusals_told
from accounts.moments import timestamp
from tokens.services.forward_keys import (
    TooSoon,
    UnreadableKeys,
    replace_forward_keys,
    rotate_forward_key,
)
from tokens.signing_keys import SigningKeys


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
        """Rotate, and say how the keys stand; what else there is to say goes to standard error."""
        with refusals_told():
            keys, note = _replaced() if options["replace_all"] else _rotated()
        for place in ("next", "current", "previous"):
            self.stdout.write(f"{place}: {getattr(keys, place).kid}")
        self._note(note)
        if not settings.WARDKEY_FORWARD_JWT:
            self._note("WARDKEY_FORWARD_JWT is off, so nobody signs with them.")

    def _note(self, note: str) -> None:
        if note:
            self.stderr.write(note, self.style.NOTICE)


def _replaced() -> tuple[SigningKeys, str]:
    return replace_forward_keys(), (
        "Workers tell the old keys for up to 10 seconds more; for up to 5 minutes, where one is cut"
        " off from the database or a cache stands before the key set. Wait that long, then restart"
        " the services."
    )


def _rotated() -> tuple[SigningKeys, str]:
    try:
        keys, is_rotated = rotate_forward_key()
    except TooSoon as fault:
        raise Refused(
            "Services may still hold a key set without the next key: rotate at"
            f" {timestamp(fault.until)} or later. If a key was stolen, add --replace-all:"
            " it does not wait, and services refuse identities until they have read the"
            " keys again."
        ) from None
    except UnreadableKeys as fault:
        raise Refused(f"The keys cannot be opened: {fault}") from None
    return keys, "" if is_rotated else "The keys were made; there was nothing to rotate yet."
