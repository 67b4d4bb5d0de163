"""What stands behind the rest: lists that are only looked at, without a page for each row.

A list shows the columns that it names. What opens something, or is its digest, is none of them,
nor is a row's key where that is a digest: hence no page, whose address would hold it.
"""

from datetime import datetime
from functools import reduce
from typing import Any, ClassVar

from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.html import format_html_join

from accounts.admin.cells import NOTHING, link_to, when
from accounts.admin.person_filters import PersonFilter
from accounts.admin.records import Record
from accounts.models import User
from accounts.web.devices import device_words


class Behind(Record):
    """A model that staff seldom need."""

    is_main = False
    columns: ClassVar[dict[str, str]] = {}
    """The members that the list shows (``__`` goes on to what one refers to), and their words."""

    def get_urls(self) -> list[URLPattern]:
        """Return the list, and nothing else."""
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name=self._name("changelist"))]

    @property
    def head(self) -> list[str]:
        """Return what the columns are called."""
        return list(self.columns.values())

    def cells(self, row: Any) -> list[Any]:
        """Return what the list shows of a row."""
        return [_shown(reduce(getattr, name.split("__"), row)) for name in self.columns]


class ExternalIdentityRecord(Behind):
    """People as external issuers know them."""

    named = "External identities"
    sought = "Subject, whole"
    columns: ClassVar[dict[str, str]] = {
        "user": "Person", "issuer": "Issuer", "subject": "Subject", "created_at": "Known since",
    }  # fmt: skip
    list_select_related = ("user",)
    list_filter: ClassVar[tuple[Any, ...]] = (PersonFilter,)
    ordering = ("-pk",)

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return who is called so by an issuer."""
        return rows.filter(subject=text)


class SessionRecord(Behind):
    """Browsers in which somebody has signed in; the key and the content of each stay hidden."""

    columns: ClassVar[dict[str, str]] = {
        "user": "Person", "created_at": "Signed in", "last_seen_at": "Last seen",
        "expires_at": "Ends", "address": "Address", "user_agent": "Browser",
    }  # fmt: skip
    list_select_related = ("user",)
    list_filter: ClassVar[tuple[Any, ...]] = (PersonFilter,)
    ordering = ("-expires_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the sessions of somebody, without their content."""
        return super().get_queryset(request).filter(user__isnull=False).defer("sealed")

    def cells(self, row: Any) -> list[Any]:
        """Return what the list shows of a session, its browser in words."""
        return [*super().cells(row)[:-1], device_words(row.user_agent)]


class RefreshFamilyPersonFilter(PersonFilter):
    """Whose sign-in it was."""

    column = "membership__user"


class RefreshFamilyRecord(Behind):
    """Sign-ins by programs, over the REST API."""

    named = "Sign-ins by programs"
    columns: ClassVar[dict[str, str]] = {
        "membership__user": "Person", "membership__organization": "Organization",
        "created_at": "Signed in", "expires_at": "Ends", "ended_at": "Ended",
        "second_factor": "Second factor",
    }  # fmt: skip
    list_select_related = ("membership__user", "membership__organization")
    list_filter: ClassVar[tuple[Any, ...]] = (RefreshFamilyPersonFilter,)
    ordering = ("-expires_at", "-pk")


class AttemptRecord(Behind):
    """How often was guessed; at whom is known to nobody."""

    named = "Tries of passwords"
    columns: ClassVar[dict[str, str]] = {"tries": "Tries", "window_ends_at": "Forgotten"}
    ordering = ("-window_ends_at", "pk")


class IdempotencyKeyRecord(Behind):
    """What was made by a request that may be sent twice; its key is the caller's own."""

    columns: ClassVar[dict[str, str]] = {
        "operation": "Operation", "organization_id": "Organization's id",
        "caller_id": "Caller's id", "made_id": "Id of what was made", "created_at": "Made",
    }  # fmt: skip
    ordering = ("-created_at", "-pk")


class KeyFingerprintRecord(Behind):
    """How many server keys this database has been used with, and since when."""

    named = "Server keys seen"
    columns: ClassVar[dict[str, str]] = {"first_seen_at": "First seen"}
    ordering = ("-first_seen_at", "pk")


class TotpStepRecord(Behind):
    """Who has used a code of an authenticator app, and for which 30 seconds since 1970."""

    named = "Codes used"
    columns: ClassVar[dict[str, str]] = {"user": "Person", "step": "Step of the last code"}
    list_select_related = ("user",)
    list_filter: ClassVar[tuple[Any, ...]] = (PersonFilter,)
    ordering = ("pk",)


class GroupRecord(Behind):
    """The support staff by role; ``set_staff_role`` gives one."""

    named = "Staff roles"
    columns: ClassVar[dict[str, str]] = {"name": "Role", "people": "People"}
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the groups with their people."""
        people = Prefetch("user_set", User.objects.order_by("email", "id"), to_attr="people")
        return super().get_queryset(request).prefetch_related(people)


def _shown(value: Any) -> Any:
    """Return a value as a cell shows it."""
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, Model):
        return link_to(value)
    if isinstance(value, list):
        return format_html_join(", ", "{}", ((link_to(each),) for each in value)) or NOTHING
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return NOTHING if value in (None, "") else value
