"""Refusals, told in the words of a command line: one line, exit code 1."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError

from accounts.errors import DomainError, InvalidRequest, InvalidScopes


class Refused(CommandError):
    """The command was understood, but what it asks for is refused. Its name is shown too."""


@contextmanager
def refusals_told(names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Turn what services refuse, and a database that cannot be used, into ``Refused``.

    Args:
        names: what members are called on the command line: ``{"email": "--owner-email"}``.
    """
    try:
        yield
    except DomainError as refusal:
        raise Refused(_in_one_line(refusal, names or {})) from None
    except (OperationalError, ProgrammingError) as fault:
        reason = str(fault).partition("\n")[0].rstrip(".")
        hint = " Run: manage.py migrate" if _lacks_tables(fault) else ""
        raise Refused(f"The database cannot be used: {reason}.{hint}") from None
    except UnicodeEncodeError:
        raise Refused("The arguments are not UTF-8 text.") from None


def _lacks_tables(fault: OperationalError | ProgrammingError) -> bool:
    """Say whether what is missing is a table or a column; SQLite calls that operational."""
    return isinstance(fault, ProgrammingError) or str(fault).startswith("no such ")


def _in_one_line(refusal: DomainError, names: Mapping[str, str]) -> str:
    """Return the detail and each fault; the detail of invalid values only counts them."""
    faults = []
    for fault in refusal.errors:
        member = fault["location"].removeprefix("body.")
        faults.append(f"{names.get(member, member)}: {fault['message']}")
    only_counts = faults and isinstance(refusal, InvalidRequest | InvalidScopes)
    return "; ".join(faults if only_counts else [refusal.detail, *faults])
