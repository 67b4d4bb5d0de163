"""Service accounts in the admin: found by name, slug, id, external id or a member's address."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from accounts.admin.cells import NOTHING, counted, link_to, list_at, maker, scope_list, when
from accounts.admin.doors import StaffRequest
from accounts.admin.filters import CreatorFilter, OrganizationFilter
from accounts.admin.finding import FoundRecord, Way, begins, is_id
from accounts.admin.summaries import Section, Summary
from accounts.models import Membership, ServiceAccount
from accounts.names import fold
from accounts.staff import Act
from tokens.admin.acts import ACCOUNT_ACTS
from tokens.admin.badges import account_badge, token_badge
from tokens.admin.bulk import BulkRecord
from tokens.admin.filters import AccountScopeFilter, AccountStatusFilter, UnusedAccountFilter
from tokens.models import Token
from tokens.web.found import COUNTED, COUNTED_OF_ONE

TOKENS = 10
"""Tokens that an account's page shows."""


class ServiceAccountRecord(FoundRecord, BulkRecord):
    """Every service account."""

    sought = "Name or slug from its start, id, external id, or a member's e-mail address"
    list_display = (
        "account", "status", "organization", "tokens", "created", "created_by", "last_used",
    )  # fmt: skip
    list_filter = (
        OrganizationFilter,
        AccountStatusFilter,
        UnusedAccountFilter,
        AccountScopeFilter,
        CreatorFilter,
    )
    ordering = ("-created_at", "-id")
    act_pages = ACCOUNT_ACTS
    bulk_acts = (Act.DISABLE,)
    export_fields = (
        "id", "organization__slug", "slug", "name", "external_id", "scopes", "created_at",
        "created_by_name", "disabled_at", "deleted_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceAccount]:
        """Return every organization's accounts."""
        return ServiceAccount.objects.for_staff().select_related("organization")

    def ways(self, text: str) -> list[Way]:
        """Return the ways by name, slug, id, external id, and by a member's organizations."""
        homes = Membership.objects.for_staff().homes_of(text)
        return [
            begins("search", fold(text)),
            begins("slug", text.lower()),
            *is_id(text),
            Way(Q(external_id=text)),
            *(Way(Q(organization=home), ("-created_at", "-id")) for home in homes),
        ]

    def looked_up(self, rows: list[Any]) -> list[Any]:
        """Return accounts with what their tokens amount to, in one query."""
        return _tallied(rows, COUNTED)

    def summary(self, request: StaffRequest, thing: ServiceAccount) -> Summary:
        """Return what the page of an account shows."""
        [tallied] = _tallied([thing], COUNTED_OF_ONE)
        facts = [
            ("Name", thing.name),
            ("Slug", thing.slug),
            ("Status", self.status(thing)),
            ("Organization", self.organization(thing)),
            ("External id", thing.external_id or NOTHING),
            ("Description", thing.description or NOTHING),
            ("Scopes of its tokens", scope_list(thing.scopes)),
            ("Tokens", self.tokens(tallied)),
            ("Last used", self.last_used(tallied)),
            ("Created", when(thing.created_at)),
            ("Created by", maker(thing.created_by_id, thing.created_by_name)),
            ("Changed", when(thing.updated_at)),
            ("Disabled", when(thing.disabled_at)),
            ("Deleted", when(thing.deleted_at)),
            ("Id", format_html("<code>{}</code>", thing.id)),
        ]
        return Summary(facts=facts, sections=[_newest_tokens(thing)], entries=self.newest_of(thing))

    def account(self, row: ServiceAccount) -> Any:
        """Return its name, which leads to its page, and its slug."""
        return format_html("<b>{}</b><small>{}</small>", link_to(row, row.name), row.slug)

    def status(self, row: ServiceAccount) -> Any:
        """Return what it is."""
        return account_badge(row)

    def organization(self, row: ServiceAccount) -> Any:
        """Return whose it is."""
        return link_to(row.organization)

    def tokens(self, row: Any) -> str:
        """Return how many of its tokens could be used, as far as they are counted."""
        live = counted(row.tally.active, has_more=row.tally.has_more)
        return f"{live} {'disabled' if row.is_disabled else 'active'}"

    def created(self, row: ServiceAccount) -> Any:
        """Return when it was made."""
        return when(row.created_at)

    def created_by(self, row: ServiceAccount) -> Any:
        """Return who made it."""
        return row.created_by_name

    def last_used(self, row: Any) -> Any:
        """Return when any of its tokens was last good, of those that are looked at."""
        return when(row.tally.last_used_at)


def _tallied(rows: list[Any], most: int) -> list[Any]:
    """Return accounts, each with the ``tally`` of its newest ``most`` tokens."""
    tallies = Token.objects.tally_of_each([row.pk for row in rows], timezone.now(), most)
    for row in rows:
        row.tally = tallies[row.pk]
    return rows


def _newest_tokens(account: ServiceAccount) -> Section:
    rows = Token.objects.for_staff().filter(service_account=account)
    now = timezone.now()
    return Section(
        title="Newest tokens",
        head=["Token", "Status", "Created", "Expires", "Last used"],
        rows=[
            [
                link_to(token, token.name),
                token_badge(token, now),
                when(token.created_at),
                when(token.expires_at, "Never"),
                when(token.last_used_at),
            ]
            for token in rows.order_by("-created_at", "-id")[:TOKENS]
        ],
        all_at=list_at("tokens_token", account=account.pk),
    )
