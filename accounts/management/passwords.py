"""Passwords on the command line: from a file or standard input, never an argument.

Arguments are seen by everybody on the machine, and stay in the shell's history.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from accounts.management.refusals import Refused
from accounts.services.people import EnsuredUser

LONGEST_PASSWORD = 1024


def add_password_option(parser: ArgumentParser) -> None:
    """Declare ``--password-file``, which no abbreviation stands for.

    ``--password secret`` has to be wrong usage, not a file named ``secret`` that an error quotes.
    """
    parser.allow_abbrev = False
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        help="read the password of a new login from FILE, or from standard input for -;"
        " one line break at its end is dropped",
    )


def read_password(source: str | None) -> str | None:
    """Return the password that stands in ``source``; None where no source is given.

    Raises:
        Refused: it cannot be read, or is empty, or no password.
    """
    if source is None:
        return None
    try:
        raw = _read(source)
        text = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as fault:
        raise Refused(f"--password-file: {source} cannot be read: {fault.strerror}.") from None
    except UnicodeDecodeError:
        raise Refused("--password-file: it is not UTF-8 text.") from None
    if not text:
        raise Refused("--password-file: it is empty.")
    if len(raw) > LONGEST_PASSWORD:
        raise Refused(f"--password-file: it is longer than {LONGEST_PASSWORD} bytes.")
    if any(char in text for char in "\0\r\n"):
        raise Refused("--password-file: it holds more than one line.")
    return text


def password_note(ensured: EnsuredUser, *, given: bool) -> str | None:
    """Return what has to be said about a login's password, if anything."""
    user = ensured.user
    if not user.has_usable_password():
        return (
            f"{user.email} has no password yet. Give one by running this again with"
            f" --password-file, or with: manage.py changepassword {user.email}"
        )
    if given and not ensured.password_set:
        return f"{user.email} has a password already; it was not changed."
    return None


def _read(source: str) -> bytes:
    """Return at most a little more than a password may have."""
    if source == "-":
        return sys.stdin.buffer.read(LONGEST_PASSWORD + 1)
    with Path(source).open("rb") as file:
        return file.read(LONGEST_PASSWORD + 1)
