"""Passwords on the command line: from a file, standard input or a prompt, never an argument.

Arguments are seen by everybody on the machine, and stay in the shell's history.
"""

import getpass
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
        help="read the password from FILE, or from standard input for -;"
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
    if wrong := _wrong_with(text):
        raise Refused(f"--password-file: it {wrong}.")
    return text


def ask_password() -> str:
    """Return a password that somebody types twice, unseen.

    Raises:
        Refused: there is no terminal, they typed nothing, two different ones or no password.
    """
    if not sys.stdin.isatty():
        raise Refused("There is no terminal to ask in: give the password with --password-file.")
    try:
        text = getpass.getpass("New password: ")
        again = getpass.getpass("The same again: ")
    except (EOFError, KeyboardInterrupt):
        raise Refused("No password was given; nothing was changed.") from None
    if text != again:
        raise Refused("The two passwords are not the same; nothing was changed.")
    if wrong := _wrong_with(text):
        raise Refused(f"The password {wrong}; nothing was changed.")
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


def _wrong_with(text: str) -> str | None:
    """Return why ``text`` is no password that can be kept, as words after "it"."""
    if not text:
        return "is empty"
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST_PASSWORD:
        return f"is longer than {LONGEST_PASSWORD} bytes"
    if any(char in text for char in "\0\r\n"):
        return "holds more than one line"
    return None
