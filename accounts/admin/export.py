"""Exports of the admin's lists: CSV and JSON Lines, streamed, safe to open in a spreadsheet."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse

from accounts.moments import timestamp

if TYPE_CHECKING:
    from accounts.admin.records import Record

BATCH = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the start of a formula (OWASP, CSV injection), wide forms too."""


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """Return ``text``."""
        return text


def exported(record: "Record", rows: QuerySet[Any], form: str) -> StreamingHttpResponse:
    """Return ``rows`` as ``csv`` or ``json``, which has an object in each line.

    Raises:
        Http404: another form is asked for, or the record is not exported.
    """
    writers = {"csv": (_as_csv, "text/csv; charset=utf-8"), "json": (_as_json, "application/jsonl")}
    if form not in writers or not record.export_fields:
        raise Http404
    write, kind = writers[form]
    answer = StreamingHttpResponse(write(record.export_fields, rows), content_type=kind)
    name = f"{record.opts.model_name}s.{'jsonl' if form == 'json' else form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def safe_cell(value: object) -> str:
    """Return a cell as text that no spreadsheet takes for a formula."""
    text = _text(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _as_csv(fields: tuple[str, ...], rows: QuerySet[Any]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(fields)
    for row in rows.iterator(chunk_size=BATCH):
        yield writer.writerow([safe_cell(_member(row, name)) for name in fields])


def _as_json(fields: tuple[str, ...], rows: QuerySet[Any]) -> Iterator[str]:
    for row in rows.iterator(chunk_size=BATCH):
        told = {name: _plain(_member(row, name)) for name in fields}
        yield f"{json.dumps(told, ensure_ascii=False)}\n"


def _member(row: Any, name: str) -> Any:
    """Return a member of a row, of what it refers to where the name has ``__``."""
    for step in name.split("__"):
        row = getattr(row, step) if row is not None else None
    return row


def _plain(value: Any) -> Any:
    """Return a value that JSON has."""
    if isinstance(value, datetime):
        return timestamp(value)
    return str(value) if isinstance(value, UUID) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(_plain(value))
