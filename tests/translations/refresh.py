"""Brings ``locale`` up to what the sources say: ``python -m tests.translations.refresh``.

Adds what is new to the ``.po`` with no translation, takes away what is gone, and compiles the
``.mo``. What has no translation yet is listed; translate it in the ``.po`` and run this again.
"""

import os
import sys
from datetime import UTC, datetime

import django
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""A moment for the header, which wants one: a real one would make each run a change."""


def refresh() -> list[str]:
    """Write both files; return what has no translation."""
    from tests.translations.sources import MO, PO, template  # noqa: PLC0415 - after Django's set-up

    old = read_po(PO.open("rb"), locale="de") if PO.exists() else Catalog(locale="de")
    new = Catalog(
        locale="de",
        project="Wardkey",
        version="1",
        header_comment="# The console in German.",
        msgid_bugs_address="Wardkey",
        last_translator="Wardkey",
        language_team="Wardkey",
        creation_date=BEGAN_AT,
        revision_date=BEGAN_AT,
        fuzzy=False,
    )
    for message in template():
        if not message.id:
            continue
        known = old.get(message.id, message.context)
        new.add(
            message.id,
            known.string if known is not None else None,
            locations=sorted(set(message.locations)),
            context=message.context,
        )
    with PO.open("wb") as file:
        write_po(file, new, width=100, sort_by_file=True, include_lineno=False)
    with MO.open("wb") as file:
        write_mo(file, new)
    return [str(message.id) for message in new if message.id and not all(texts(message.string))]


def texts(string: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """Return the texts of one side of a message: one, or one for each plural form."""
    return list(string) if isinstance(string, list | tuple) else [string or ""]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    missing = refresh()
    sys.exit("\n".join(f"not translated: {text}" for text in missing) or 0)
