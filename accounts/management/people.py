"""A person on the command line: by their login, or as an external issuer knows them."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any


def add_person_arguments(parser: ArgumentParser, email_help: str) -> None:
    """Declare ``EMAIL`` and ``--issuer ISS --subject SUB``; see ``require_person``."""
    parser.add_argument("email", metavar="EMAIL", nargs="?", help=email_help)
    parser.add_argument("--issuer", metavar="ISS", help="an external issuer, with --subject")
    parser.add_argument("--subject", metavar="SUB", help="what the issuer calls the person")


def require_person(parser: ArgumentParser, options: Mapping[str, Any]) -> bool:
    """End with wrong usage (exit code 2) unless a person is named.

    Returns:
        whether it is by issuer and subject.
    """
    by_issuer, by_subject = options["issuer"] is not None, options["subject"] is not None
    if by_issuer != by_subject:
        parser.error("--issuer and --subject belong together")
    if not by_issuer and options["email"] is None:
        parser.error("name the person by EMAIL, or by --issuer and --subject")
    return by_issuer
