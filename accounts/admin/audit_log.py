"""The audit log in the admin: every organization's, newest first."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.actor import Kind
from accounts.admin.cells import NOTHING, badge, link_to, when
from accounts.admin.doors import StaffRequest
from accounts.admin.filters import Filter, IdFilter, OrganizationFilter
from accounts.admin.records import Record
from accounts.admin.summaries import Section, Summary
from accounts.models import AuditEvent, Organization
from accounts.web.audit_log import ANY_YEAR
from accounts.web.sentences import SENTENCES, changes_of, sentence_of

KINDS: dict[str, str] = {
    Kind.USER: "Person",
    Kind.SERVICE_ACCOUNT: "Service account",
    Kind.STAFF: "Support staff",
    Kind.SYSTEM: "Operator",
}
PAGES = {
    "organization": "accounts_organization",
    "service_account": "accounts_serviceaccount",
    "token": "tokens_token",
    "user": "accounts_user",
    "staff": "accounts_user",
    "member": "accounts_user",
}
"""The pages of what a line names by type and id, as far as its row is never deleted."""

_DAY = forms.DateField(input_formats=["%Y-%m-%d"], validators=ANY_YEAR)


class ActionFilter(Filter):
    """What was done."""

    title, parameter_name = "What", "action"
    choices_offered = tuple((action, action) for action in sorted(SENTENCES))

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the lines of this action."""
        return rows.filter(action=value)


class KindFilter(Filter):
    """What sort of principal acted."""

    title, parameter_name = "Who", "actor_type"
    choices_offered = tuple((str(kind), words) for kind, words in KINDS.items())

    def let_through(self, rows: Any, value: str) -> Any:
        """Return what those did."""
        return rows.filter(actor_type=value)


class ActorFilter(IdFilter):
    """Who acted."""

    title, parameter_name, column = "Actor", "actor", "actor_id"


class TargetFilter(IdFilter):
    """What it was done to."""

    title, parameter_name, column = "Target", "target", "target_id"


class DayFilter(Filter):
    """A day, in the reader's time zone. The log's order tells what is before and after it."""

    input_type = "date"
    leads = True

    def narrowed(self, rows: Any) -> Any:
        """Return the lines that it lets through: they stand together."""
        return self.let_through(rows, self.typed)


class FromFilter(DayFilter):
    """The first day."""

    title, parameter_name = "From", "from"

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the lines since that day began; none for what is no day."""
        day = _day_in(value)
        return rows.none() if day is None else rows.filter(at__gte=_first_instant(day))


class ToFilter(DayFilter):
    """The last day; its lines are shown too."""

    title, parameter_name = "To", "to"

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the lines until that day was over; none for what is no day."""
        day = _day_in(value)
        if day is None:
            return rows.none()
        return rows.filter(at__lt=_first_instant(day + timedelta(days=1)))


class AuditEventRecord(Record):
    """Every line of the audit log."""

    named = "Audit log"
    has_history = False
    list_display = ("at", "organization", "actor", "what")
    list_filter: ClassVar[tuple[Any, ...]] = (
        OrganizationFilter,
        ActionFilter,
        KindFilter,
        ActorFilter,
        TargetFilter,
        FromFilter,
        ToFilter,
    )
    ordering = ("-at", "-id")
    export_fields = (
        "id", "at", "organization_id", "action", "actor_id", "actor_name", "actor_type",
        "target_type", "target_id", "target_slug", "changes", "request_id", "address",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Return every organization's lines."""
        return AuditEvent.objects.for_staff()

    def looked_up(self, rows: list[Any]) -> list[Any]:
        """Return lines with the organization in whose log each one stands."""
        found = Organization.objects.in_bulk({row.organization_id for row in rows})
        for row in rows:
            row.organization = found.get(row.organization_id)
        return rows

    def summary(self, request: StaffRequest, thing: Any) -> Summary:
        """Return what the page of a line shows."""
        self.looked_up([thing])
        return Summary(
            facts=[
                ("When", when(thing.at)),
                ("Organization", self.organization(thing)),
                ("Actor", self.actor(thing)),
                ("What", sentence_of(thing)),
                ("Action", thing.action),
                ("Target", _named(thing.target_type, thing.target_id, thing.target_slug)),
                ("Address", thing.address or NOTHING),
                ("Request", thing.request_id),
                ("Id", thing.id),
            ],
            sections=[
                Section(
                    "Changes",
                    ("What", "Before", "After"),
                    [
                        [change.member, change.before or NOTHING, change.after]
                        for change in changes_of(thing)
                    ],
                )
            ],
        )

    def at(self, row: AuditEvent) -> Any:
        """Return when, which leads to the line's page."""
        return link_to(row, when(row.at))

    def organization(self, row: Any) -> Any:
        """Return in whose log it stands."""
        return link_to(row.organization, str(row.organization or row.organization_id))

    def actor(self, row: AuditEvent) -> Any:
        """Return who acted, and as what."""
        who = _named(row.actor_type, row.actor_id, row.actor_name)
        kind = KINDS.get(row.actor_type, row.actor_type)
        return format_html("{} {}", who, badge(kind, "soon" if row.actor_type == "staff" else ""))

    def what(self, row: AuditEvent) -> Any:
        """Return what was done, as the console tells it."""
        return sentence_of(row)


def _named(kind: str, pk: Any, name: str | None) -> Any:
    """Return what a line calls somebody or something, which leads to its page if it has one."""
    words = name or str(pk)
    if kind not in PAGES:
        return words
    return format_html(
        '<a href="{}">{}</a>', reverse(f"admin:{PAGES[kind]}_change", args=[pk]), words
    )


def _day_in(text: str) -> date | None:
    try:
        day: date = _DAY.clean(text)
    except ValidationError:
        return None
    return day


def _first_instant(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
