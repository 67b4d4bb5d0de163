"""Tokens in the admin: found by name, slug, prefix or id; never a secret or a digest."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.cells import NOTHING, badge, link_to, when, words
from accounts.admin.doors import StaffRequest
from accounts.admin.filters import OrganizationFilter
from accounts.admin.records import Record, Summary
from tokens.models import Token
from tokens.status import Status

LOOKS = {
    Status.ACTIVE: "ok",
    Status.DISABLED: "off",
    Status.EXPIRED: "off",
    Status.REVOKED: "off",
}


class TokenRecord(Record):
    """Every token."""

    sought = "Name, slug, prefix or id"
    list_display = ("token", "status", "organization", "account", "created", "expires", "last_used")
    list_filter = (OrganizationFilter,)
    ordering = ("-created_at", "-id")
    export_fields = (
        "id", "organization__slug", "service_account__slug", "slug", "name", "prefix", "created_at",
        "created_by_name", "expires_at", "revoked_at", "revoked_by_name", "last_used_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        """Return every organization's tokens."""
        return Token.objects.for_staff()

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return those whose name, slug or prefix begins with ``text``, or whose id it is."""
        return rows.filter(search__startswith=text)

    def summary(self, request: StaffRequest, thing: Token) -> Summary:
        """Return what the page of a token shows."""
        return Summary(
            facts=[
                ("Status", self.status(thing)),
                ("Organization", link_to(thing.organization)),
                ("Service account", self.account(thing)),
                ("Prefix", thing.prefix),
                ("Scopes", words(thing.effective_scopes)),
                ("Created", when(thing.created_at)),
                ("Created by", thing.created_by_name),
                ("Expires", self.expires(thing)),
                ("Last used", self.last_used(thing)),
                ("Revoked", when(thing.revoked_at)),
                ("Revoked by", thing.revoked_by_name or NOTHING),
                ("Id", thing.id),
            ]
        )

    def token(self, row: Token) -> Any:
        """Return its name, which leads to its page."""
        return link_to(row)

    def status(self, row: Token) -> Any:
        """Return what it is now."""
        status = row.status(timezone.now())
        return badge(status.title(), LOOKS[status])

    def organization(self, row: Token) -> Any:
        """Return whose it is."""
        return row.organization.slug

    def account(self, row: Token) -> Any:
        """Return the account that authenticates with it."""
        return row.service_account.slug

    def created(self, row: Token) -> Any:
        """Return when it was made."""
        return when(row.created_at)

    def expires(self, row: Token) -> Any:
        """Return when it ends."""
        return "Never" if row.expires_at is None else when(row.expires_at)

    def last_used(self, row: Token) -> Any:
        """Return when it was last good."""
        return when(row.last_used_at)
