"""Tokens in the admin: found by name, slug, prefix or id; never a secret or a digest."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from accounts.admin.cells import NOTHING, link_to, maker, scope_list, when
from accounts.admin.doors import StaffRequest
from accounts.admin.finding import FoundRecord, Way, begins, is_id
from accounts.admin.summaries import Summary
from accounts.names import fold
from accounts.staff import Act
from tokens.admin.acts import TOKEN_ACTS
from tokens.admin.badges import token_badge
from tokens.admin.bulk import BulkRecord
from tokens.admin.filters import (
    AccountFilter,
    ExpiringFilter,
    ScopeFilter,
    StatusFilter,
    TokenCreatorFilter,
    TokenOrganizationFilter,
    UnusedFilter,
)
from tokens.models import Token
from tokens.secret import SHOWN_LENGTH


class TokenRecord(FoundRecord, BulkRecord):
    """Every token."""

    sought = "Name, slug or prefix from its start, or id"
    list_display = (
        "token", "status", "organization", "account", "created", "created_by", "expires",
        "last_used",
    )  # fmt: skip
    list_filter = (
        AccountFilter,
        TokenCreatorFilter,
        TokenOrganizationFilter,
        StatusFilter,
        ExpiringFilter,
        UnusedFilter,
        ScopeFilter,
    )
    ordering = ("-created_at", "-id")
    act_pages = TOKEN_ACTS
    bulk_acts = (Act.REVOKE, Act.CHANGE_EXPIRY)
    export_fields = (
        "id", "organization__slug", "service_account__slug", "slug", "name", "prefix",
        "effective_scopes", "created_at", "created_by_name", "expires_at", "revoked_at",
        "revoked_by_name", "last_used_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        """Return every organization's tokens."""
        return Token.objects.for_staff()

    def ways(self, text: str) -> list[Way]:
        """Return the ways by name, slug, prefix and id."""
        return [
            begins("search", fold(text)),
            begins("slug", text.lower()),
            begins("prefix", _shown_part(text)),
            *is_id(text),
        ]

    def summary(self, request: StaffRequest, thing: Token) -> Summary:
        """Return what the page of a token shows."""
        facts = [
            ("Name", thing.name),
            ("Slug", thing.slug),
            ("Status", self.status(thing)),
            ("Organization", self.organization(thing)),
            ("Service account", self.account(thing)),
            ("Prefix", format_html("<code>{}</code>", thing.prefix)),
            ("Description", thing.description or NOTHING),
            ("Scopes", scope_list(thing.effective_scopes)),
            ("Scopes are", "the service account's" if thing.inherits_scopes else "its own"),
            ("Created", when(thing.created_at)),
            ("Created by", maker(thing.created_by_id, thing.created_by_name)),
            ("Expires", self.expires(thing)),
            ("Last used", self.last_used(thing)),
            ("Revoked", when(thing.revoked_at)),
            ("Revoked by", thing.revoked_by_name or NOTHING),
            ("Id", format_html("<code>{}</code>", thing.id)),
        ]
        return Summary(facts=facts, entries=self.newest_of(thing))

    def token(self, row: Token) -> Any:
        """Return its name, which leads to its page, and the start of its secret."""
        return format_html("<b>{}</b><small>{}…</small>", link_to(row, row.name), row.prefix)

    def status(self, row: Token) -> Any:
        """Return what it is now."""
        return token_badge(row, timezone.now())

    def organization(self, row: Token) -> Any:
        """Return whose it is."""
        return link_to(row.organization)

    def account(self, row: Token) -> Any:
        """Return the account that authenticates with it."""
        return link_to(row.service_account)

    def created(self, row: Token) -> Any:
        """Return when it was made."""
        return when(row.created_at)

    def created_by(self, row: Token) -> Any:
        """Return who made it."""
        return row.created_by_name

    def expires(self, row: Token) -> Any:
        """Return when it ends."""
        return when(row.expires_at, "Never")

    def last_used(self, row: Token) -> Any:
        """Return when it was last good."""
        return when(row.last_used_at)


def _shown_part(text: str) -> str:
    """Return so much of a secret's start as is kept; other texts as they are."""
    for prefix in settings.WARDKEY_TOKEN_PREFIXES:
        if text.startswith(f"{prefix}_"):
            return text[: len(prefix) + 1 + SHOWN_LENGTH]
    return text
