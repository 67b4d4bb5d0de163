"""The audit log as the admin shows it: the same lines, and no second truth."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from accounts.models import AuditEvent
from accounts.web.sentences import Change, changes_of, sentence_of

SHOWN = 100
NEWEST = 10
"""Lines that the page of a thing shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log, in words."""

    event: AuditEvent
    sentence: SafeString
    changes: list[Change]


def entries_of(lines: QuerySet[AuditEvent], most: int = SHOWN) -> tuple[list[Entry], bool]:
    """Return the newest of ``lines`` in words, and whether there are more."""
    found = list(lines.order_by("-at", "-id")[: most + 1])
    told = [Entry(event, sentence_of(event), changes_of(event)) for event in found[:most]]
    return told, len(found) > most
