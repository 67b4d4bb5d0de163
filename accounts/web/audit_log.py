"""The audit log: who did what, by the reader's days, and all of it as JSON Lines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.errors import DomainError
from accounts.models import AuditEvent
from accounts.moments import timestamp
from accounts.names import camel
from accounts.pages import Order, Place, read_page
from accounts.querysets import AuditEventQuerySet
from accounts.services.audit_export import export_audit_log
from accounts.web.doors import MemberRequest, member_page
from accounts.web.sentences import GROUPS, Change, changes_of, sentence_of
from accounts.web.words import said

PAGE = 25
ANY_YEAR = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(9990, 12, 31))]
"""Days that every database and time zone can take."""


class LogForm(forms.Form):
    """The filters of the log, as they stand in the query; what is wrong with one is said there."""

    use_required_attribute = False

    def __init__(self, query: Any) -> None:
        super().__init__(query, auto_id="%s")
        actions = [
            (name, [(action, told.name) for action, told in group.items()])
            for name, group in GROUPS
        ]
        select = forms.Select(attrs={"class": "input"})
        self.fields["action"] = forms.ChoiceField(
            label=_("What"),
            choices=[("", _("Everything")), *actions],
            required=False,
            widget=select,
        )
        for name, label in (("from", _("From")), ("to", _("To"))):
            self.fields[name] = forms.DateField(
                label=label,
                required=False,
                input_formats=["%Y-%m-%d"],
                validators=ANY_YEAR,
                widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d"),
            )
        for name in ("actor", "target"):
            self.fields[name] = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @property
    def kept(self) -> dict[str, str]:
        """The filters that are in use, as the query has them."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    def lines_for(self, actor: Actor) -> AuditEventQuerySet:
        """Return the lines that the filters let through, whole days in the reader's time zone.

        Raises:
            InvalidRequest: the span ends before it begins.
        """
        wanted = self.cleaned_data
        until = wanted["to"] and wanted["to"] + timedelta(days=1)
        return AuditEvent.objects.for_actor(actor).matching(
            action=wanted["action"] or None,
            actor=wanted["actor"],
            target=wanted["target"],
            since=_first_instant(wanted["from"]),
            until=_first_instant(until),
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log, in words."""

    event: AuditEvent
    sentence: SafeString
    changes: list[Change]


@member_page(needs="read:audit")
def audit_log(request: MemberRequest) -> HttpResponse:
    """Show a page of the log, the newest first, by the reader's days."""
    form = LogForm(request.GET)
    facts: dict[str, Any] = {"form": form, "today": timezone.localdate()}
    facts["yesterday"] = facts["today"] - timedelta(days=1)
    try:
        lines = form.lines_for(request.actor) if form.is_valid() else None
    except DomainError as refusal:
        form.add_error("from", said(refusal.errors[0]["message"]))
        lines = None
    if lines is None:
        return render(request, "accounts/audit_log.html", facts, status=422)
    place = Place(
        address=request.path,
        filters=form.kept,
        limit=PAGE,
        cursor=request.GET.get("cursor"),
    )
    page = read_page(request.actor, lines, Order("at", descending=True), place)
    facts |= _told(page.rows, form.kept, page.next_cursor)
    return render(request, "accounts/audit_log.html", facts)


@member_page(needs="read:audit")
def export(request: MemberRequest) -> HttpResponseBase:
    """Send the filtered log as JSON Lines, one event of the REST API in each."""
    form = LogForm(request.GET)
    if not form.is_valid():
        return render(request, "accounts/audit_log.html", {"form": form}, status=422)
    answer = StreamingHttpResponse(
        _as_text(export_audit_log(request.actor, form.lines_for(request.actor))),
        content_type="application/jsonl",
    )
    name = f"{request.organization.slug}-audit-log.jsonl"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _told(rows: list[AuditEvent], kept: dict[str, str], cursor: str | None) -> dict[str, Any]:
    """Return what the template shows of a page of lines."""
    days = groupby(rows, key=lambda event: timezone.localdate(event.at))
    first = rows[0] if rows else None
    return {
        "days": [
            (day, [Entry(event, sentence_of(event), changes_of(event)) for event in events])
            for day, events in days
        ],
        "kept": kept,
        "query": urlencode(kept),
        "actor_name": (first and first.actor_name) or kept.get("actor"),
        "target_name": (first and first.target_slug) or kept.get("target"),
        "older": cursor and urlencode(kept | {"cursor": cursor}),
    }


def _first_instant(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time.min))


def _as_text(batches: Iterator[list[AuditEvent]]) -> Iterator[str]:
    for batch in batches:
        yield "".join(f"{json.dumps(_as_json(event), ensure_ascii=False)}\n" for event in batch)


def _as_json(event: AuditEvent) -> dict[str, Any]:
    """Return a line as ``GET /audit-events`` has it."""
    target = {"type": event.target_type, "id": str(event.target_id), "slug": event.target_slug}
    line = {
        "id": str(event.id),
        "at": timestamp(event.at),
        "action": event.action,
        "actor": {
            "id": str(event.actor_id),
            "name": event.actor_name,
            "type": event.actor_type,
        },
        "target": {name: value for name, value in target.items() if value is not None},
        "changes": {camel(member): change for member, change in event.changes.items()},
        "requestId": event.request_id,
        "address": event.address,
    }
    return {name: value for name, value in line.items() if value is not None}
