"""Organizations in the admin: found by name, slug, id, external id or a member's address."""

from functools import partial
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html

from accounts.admin.cells import NOTHING, link_to, list_at, when
from accounts.admin.doors import StaffRequest
from accounts.admin.filters import LOOKED_AT
from accounts.admin.finding import FoundRecord, Way, is_id
from accounts.admin.organization_acts import MAKERS
from accounts.admin.summaries import Section, Summary
from accounts.models import AuditEvent, Membership, Organization, ServiceAccount
from tokens.admin.badges import account_badge, organization_badge
from tokens.admin.filters import OrganizationStatusFilter
from tokens.admin.suspending import ORGANIZATION_ACTS
from tokens.models import Token
from tokens.status import Status

MEMBERS, ACCOUNTS = 20, 10
"""Members and service accounts that an organization's page shows."""


class OrganizationRecord(FoundRecord):
    """Every organization."""

    sought = "Name or slug, id, external id, or a member's e-mail address"
    list_display = ("organization", "status", "external_id", "members", "created")
    list_filter = (OrganizationStatusFilter,)
    ordering = ("-created_at", "-id")
    act_pages = ORGANIZATION_ACTS
    makers = MAKERS
    export_fields = (
        "id", "slug", "name", "external_id", "created_at", "suspended_at", "deleted_at",
        "requires_second_factor",
    )  # fmt: skip

    def ways(self, text: str) -> list[Way]:
        """Return the ways by name, slug, id, external id and by a member."""
        homes = Membership.objects.for_staff().homes_of(text)
        named = Q(name__icontains=text) | Q(slug__icontains=text) | Q(external_id=text)
        return [Way(named), *is_id(text), Way(Q(pk__in=homes))]

    def looked_up(self, rows: list[Any]) -> list[Any]:
        """Return organizations with the number of their members, in one query."""
        members = Membership.objects.for_staff().filter(organization__in=rows, removed_at=None)
        counted = members.order_by().values_list("organization").annotate(many=Count("pk"))
        many = dict(counted)
        for row in rows:
            row.many = many.get(row.pk, 0)
        return rows

    def history_of(self, thing: Organization) -> QuerySet[AuditEvent]:
        """Return all lines of its audit log."""
        return AuditEvent.objects.for_staff().filter(organization_id=thing.pk)

    def summary(self, request: StaffRequest, thing: Organization) -> Summary:
        """Return what the page of an organization shows."""
        facts = [
            ("Name", thing.name),
            ("Slug", thing.slug),
            ("Status", organization_badge(thing)),
            ("External id", thing.external_id or NOTHING),
            ("Second factor", "demanded" if thing.requires_second_factor else "not demanded"),
            ("Created", when(thing.created_at)),
            ("Suspended", when(thing.suspended_at)),
            ("Deleted", when(thing.deleted_at)),
            ("Id", format_html("<code>{}</code>", thing.id)),
        ]
        sections = [_members(thing), _accounts(thing), _tokens(thing)]
        return Summary(facts=facts, sections=sections, entries=self.newest_of(thing))

    def organization(self, row: Organization) -> Any:
        """Return its name, which leads to its page, and its slug."""
        return format_html("<b>{}</b><small>{}</small>", link_to(row, row.name), row.slug)

    def status(self, row: Organization) -> Any:
        """Return what it is."""
        return organization_badge(row)

    def external_id(self, row: Organization) -> str:
        """Return its name at external issuers."""
        return row.external_id or NOTHING

    def members(self, row: Any) -> int:
        """Return how many members it has."""
        many: int = row.many
        return many

    def created(self, row: Organization) -> Any:
        """Return when it was made."""
        return when(row.created_at)


def _members(organization: Organization) -> Section:
    rows = Membership.objects.for_staff().filter(organization=organization, removed_at=None)
    oldest = rows.select_related("user").order_by("created_at", "id")
    return Section(
        title="Members",
        head=["Member", "E-mail address", "Role", "Since"],
        rows=[
            [
                link_to(held.user),
                held.user.email or NOTHING,
                link_to(held, held.get_role_display()),
                when(held.created_at),
            ]
            for held in oldest[:MEMBERS]
        ],
        all_at=_list_of("accounts_membership", organization),
    )


def _accounts(organization: Organization) -> Section:
    rows = ServiceAccount.objects.for_staff().filter(organization=organization)
    return Section(
        title="Newest service accounts",
        head=["Service account", "Slug", "Status", "Created"],
        rows=[
            [
                link_to(account, account.name),
                account.slug,
                account_badge(account),
                when(account.created_at),
            ]
            for account in rows.order_by("-created_at", "-id")[:ACCOUNTS]
        ],
        all_at=_list_of("accounts_serviceaccount", organization),
    )


def _tokens(organization: Organization) -> Section:
    rows = Token.objects.for_staff().of_organization(organization.pk)
    counts = rows.count_by_status(timezone.now(), LOOKED_AT)
    seen = sum(counts.values())
    address = partial(_list_of, "tokens_token", organization)
    return Section(
        title="Tokens" if seen < LOOKED_AT else f"Tokens, the newest {LOOKED_AT:,}",
        head=["Status", "Tokens"],
        rows=[
            [
                format_html('<a href="{}">{}</a>', address(status=status), status.title()),
                f"{counts[status]:,}",
            ]
            for status in reversed(Status)
        ]
        if seen
        else [],
        all_at=address(),
    )


def _list_of(model: str, organization: Organization, **query: object) -> str:
    """Return the address of a list of what is the organization's; a deleted one has no slug."""
    name = organization.slug if organization.deleted_at is None else organization.pk
    return list_at(model, organization=name, **query)
