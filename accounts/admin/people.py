"""People in the admin: found by name, e-mail address or id, with what they belong to."""

from heapq import merge
from itertools import islice
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from accounts.admin.cells import NOTHING, badge, link_to, list_at, when
from accounts.admin.doors import StaffRequest
from accounts.admin.person_filters import (
    ActiveFilter,
    MemberOfFilter,
    StaffRoleFilter,
    people_called,
)
from accounts.admin.records import Record
from accounts.admin.summaries import Section, Summary
from accounts.models import AuditEvent, Membership, Organization, User
from accounts.services.second_factors import has_second_factor, who_has_second_factor
from accounts.services.sessions import programs_of, sessions_of
from accounts.staff import greatest
from accounts.web.sentences import sentence_of

SHOWN = 20
"""Rows in each part of a summary."""


class UserRecord(Record):
    """Everybody with a login, or known from an external issuer."""

    icon = "icons/person.svg"
    named = "People"
    sought = "Name or e-mail address from its start, or id"
    list_display = ("person", "email", "status", "staff_role", "second_factor", "organizations")
    list_filter: ClassVar[tuple[Any, ...]] = (MemberOfFilter, ActiveFilter, StaffRoleFilter)
    ordering = ("email", "id")
    export_fields = ("id", "name", "email", "is_active", "is_staff", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return everybody, with their groups and current memberships."""
        members = Membership.objects.for_staff().filter(removed_at=None)
        members = members.select_related("organization").order_by("pk")
        return User.objects.prefetch_related(
            "groups", Prefetch("memberships", members, to_attr="current")
        )

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return those who are called so."""
        return rows.filter(people_called(text))

    def looked_up(self, rows: list[Any]) -> list[Any]:
        """Return people with whether they have a second factor."""
        having = who_has_second_factor([row.pk for row in rows])
        for row in rows:
            row.has_second_factor = row.pk in having
        return rows

    def history_of(self, thing: User) -> QuerySet[AuditEvent]:
        """Return what the logs of a person's organizations, former ones too, tell of them."""
        return _lines_at_home(thing).filter(target_id=thing.pk)

    def summary(self, request: StaffRequest, thing: Any) -> Summary:
        """Return what the page of a person shows."""
        sessions, programs = sessions_of(thing).count(), programs_of(thing).count()
        acts = format_html('<a href="{}">In the audit log</a>', _done_by(thing))
        return Summary(
            facts=[
                ("Name", thing.name or NOTHING),
                ("E-mail address", thing.email or NOTHING),
                ("Status", self.status(thing)),
                ("Staff role", self.staff_role(thing)),
                ("What they did", acts),
                ("Second factor", _yes_or_no(value=has_second_factor(thing))),
                ("Sessions", _counted("session", thing, sessions)),
                (
                    "Sign-ins by programs",
                    _counted("refreshfamily", thing, programs),
                ),
                ("Joined", when(thing.date_joined)),
                ("Password set", when(thing.password_changed_at)),
                ("Time zone", thing.time_zone or "UTC"),
                ("Id", thing.id),
            ],
            sections=[_memberships(thing), _identities(thing), _activity(thing)],
        )

    def person(self, row: User) -> Any:
        """Return what they are called, which leads to their page."""
        return link_to(row)

    def email(self, row: User) -> Any:
        """Return the login."""
        return row.email or NOTHING

    def status(self, row: User) -> Any:
        """Return whether they can sign in at all."""
        return badge("Active", "ok") if row.is_active else badge("Deactivated", "off")

    def staff_role(self, row: User) -> Any:
        """Return what they are among the support staff."""
        if not (row.is_active and row.is_staff):
            return NOTHING
        role = greatest((group.name for group in row.groups.all()), is_superuser=row.is_superuser)
        return badge(role.capitalize(), "soon") if role else NOTHING

    def second_factor(self, row: Any) -> Any:
        """Return whether they have one."""
        return _yes_or_no(value=row.has_second_factor)

    def organizations(self, row: Any) -> Any:
        """Return where they are members, and as what."""
        places = ((link_to(held.organization), held.role) for held in row.current)
        return format_html_join(", ", "{} ({})", places) or NOTHING


def _yes_or_no(*, value: bool) -> str:
    return "Yes" if value else "No"


def _of(model: str, person: User) -> str:
    """Return the address of a list of what is a person's."""
    return list_at(f"accounts_{model}", person=person.pk)


def _counted(model: str, person: User, count: int) -> Any:
    """Return how many there are, which leads to them."""
    return format_html('<a href="{}">{}</a>', _of(model, person), count) if count else 0


def _memberships(person: User) -> Section:
    rows = Membership.objects.for_staff().filter(user=person).select_related("organization", "user")
    return Section(
        "Organizations",
        ("Organization", "Role", "Joined", "Removed"),
        [
            [
                link_to(held.organization),
                link_to(held, held.get_role_display()),
                when(held.created_at),
                when(held.removed_at),
            ]
            for held in rows.order_by("-pk")[:SHOWN]
        ],
        all_at=_of("membership", person),
        empty="A member of no organization.",
    )


def _identities(person: User) -> Section:
    rows = person.identities.order_by("-pk")[:SHOWN]
    return Section(
        "Identities at external issuers",
        ("Issuer", "Subject", "Known since"),
        [[known.issuer, known.subject, when(known.created_at)] for known in rows],
        all_at=_of("externalidentity", person),
    )


def _done_by(person: User) -> str:
    """Return the address of what the audit log has of what they did, as staff too."""
    return list_at("accounts_auditevent", actor=person.pk)


def _lines_at_home(person: User) -> QuerySet[AuditEvent]:
    """Return the log of each organization that the person is, or was, a member of."""
    homes = Membership.objects.for_staff().filter(user=person).values("organization_id")
    return AuditEvent.objects.for_staff().filter(organization_id__in=homes)


def _activity(person: User) -> Section:
    """Return what they did and what was done to them, newest first: two walks of an index."""
    lines = _lines_at_home(person)
    done = lines.filter(actor_id=person.pk).order_by("-at", "-id")
    met = lines.filter(target_id=person.pk).exclude(actor_id=person.pk).order_by("-at", "-id")
    ways = (done[:SHOWN], met[:SHOWN])
    newest = merge(*ways, key=lambda line: (line.at, line.id), reverse=True)
    told = list(islice(newest, SHOWN))
    places = Organization.objects.in_bulk({line.organization_id for line in told})
    return Section(
        "Recent activity",
        ("When", "Organization", "Who", "What"),
        [
            [
                link_to(line, when(line.at)),
                link_to(places.get(line.organization_id)),
                line.actor_name,
                sentence_of(line),
            ]
            for line in told
        ],
        all_at=_done_by(person),
        empty="Nothing has happened.",
    )
