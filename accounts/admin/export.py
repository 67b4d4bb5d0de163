"""Exports of the admin's lists: CSV and JSON Lines, safe to open in a spreadsheet.

They are read step by step (``accounts/admin/lists.py``), so that no length fills the memory of the
server or the database; the right to read is asked for before each step is sent.
"""

import csv
import json
import logging
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404, StreamingHttpResponse

from accounts.admin.doors import require_still
from accounts.moments import timestamp

if TYPE_CHECKING:
    from accounts.admin.doors import StaffRequest
    from accounts.admin.records import Record

_FORMULA = re.compile(r"(^|[;,\t\r\n])([\s\"']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet may begin a formula (OWASP, CSV injection), wide forms too: where a cell
begins, also by the separator of another language."""
_BREAKS = ("\t", "\r", "\n")

logger = logging.getLogger("wardkey.staff")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """Return ``text``."""
        return text


def exported(
    record: "Record", request: "StaffRequest", batches: Iterator[list[Any]], form: str
) -> StreamingHttpResponse:
    """Return rows as ``csv`` or ``json``, which has an object in each line.

    Who loses the right to read them meanwhile gets no more: the connection breaks.

    Raises:
        Http404: another form is asked for, or the record is not exported.
    """
    writers = {"csv": (_as_csv, "text/csv; charset=utf-8"), "json": (_as_json, "application/jsonl")}
    if form not in writers or not record.export_fields:
        raise Http404
    write, kind = writers[form]
    facts = {
        "person": str(request.user.pk),
        "list": record.called,
        "query": request.GET.urlencode(),
    }
    logger.info("a list is exported", extra=facts)
    rows = _guarded(request, batches)
    answer = StreamingHttpResponse(write(record.export_fields, rows), content_type=kind)
    name = f"{record.opts.model_name}s.{'jsonl' if form == 'json' else form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def safe_cell(value: object) -> str:
    """Return a cell as text that no spreadsheet takes for a formula."""
    text = _FORMULA.sub(r"\1\2'", _text(value))
    return f"'{text}" if text.startswith(_BREAKS) else text


def _guarded(request: "StaffRequest", batches: Iterator[list[Any]]) -> Iterator[Any]:
    """Yield the rows, as long as who asked for them may read them."""
    for batch in batches:
        require_still(request)
        yield from batch


def _as_csv(fields: tuple[str, ...], rows: Iterator[Any]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(fields)
    for row in rows:
        yield writer.writerow([safe_cell(_member(row, name)) for name in fields])


def _as_json(fields: tuple[str, ...], rows: Iterator[Any]) -> Iterator[str]:
    for row in rows:
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
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return " ".join(map(str, value)) if isinstance(value, list) else str(_plain(value))
