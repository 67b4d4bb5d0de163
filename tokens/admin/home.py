"""The admin's first page: what needs eyes.

Each part looks at so many rows and no further, so that a million tokens cost like a thousand.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.admin.cells import counted, link_to, list_at, when
from accounts.admin.doors import StaffRequest
from accounts.admin.site import StaffSite
from accounts.admin.summaries import Section
from accounts.models import ServiceAccount
from tokens.models import Token, TokenUsage

SHOWN = 10
LOOKED_AT = 100
"""Rows that a part looks at, to find ``SHOWN`` among them."""

SOON = timedelta(days=7)
LATELY = timedelta(days=7)
UNUSED = timedelta(days=90)
_AT_ONCE, _COUNTED = 25, 50
"""Accounts that one query looks at, and tokens of one that are counted."""


def home(request: StaffRequest, site: StaffSite) -> HttpResponse:
    """Show what needs eyes."""
    now = timezone.now()
    sections = [_tried(now), _ending(now), _unused(now)]
    facts = {
        **site.each_context(request),
        "title": site.index_title,
        "sections": sections,
        "is_quiet": not any(section.rows for section in sections),
    }
    return render(request, "admin/home.html", facts)


def _ending(now: datetime) -> Section:
    """Return the tokens that work and expire soon, soonest first."""
    rows = Token.objects.for_staff().ending(after=now, until=now + SOON)
    soonest = rows.order_by("expires_at", "id").values_list("pk", flat=True)[:LOOKED_AT]
    looked_at = Token.objects.for_staff().filter(pk__in=list(soonest))
    works = looked_at.of_live().filter(service_account__disabled_at=None)
    return Section(
        "Tokens that expire this week",
        ("Token", "Organization", "Account", "Last used", "Expires"),
        [
            [*_whose(token), when(token.last_used_at), when(token.expires_at)]
            for token in works.order_by("expires_at", "id")[:SHOWN]
        ],
        all_at=list_at("tokens_token", expiring=SOON.days, status="active"),
    )


def _unused(now: datetime) -> Section:
    """Return accounts whose tokens nobody uses, of the oldest that are enabled.

    When an account was last used is written nowhere, so its tokens are looked at; all accounts
    would be too many. The list of accounts has the others.
    """
    since = now - UNUSED
    rows = ServiceAccount.objects.for_staff().filter(
        disabled_at=None, deleted_at=None, created_at__lt=since
    )
    oldest = rows.select_related("organization").order_by("created_at", "id")[:LOOKED_AT]
    accounts = list(islice(_not_used_since(since, oldest), SHOWN))
    found = Token.objects.tally_of_each([account.pk for account in accounts], now, _COUNTED)
    tallied = [(account, found[account.pk]) for account in accounts]
    return Section(
        f"Service accounts unused for {UNUSED.days} days",
        ("Account", "Organization", "Active tokens", "Last used", "Created"),
        [
            [
                link_to(account, account.name),
                link_to(account.organization),
                counted(tally.active, has_more=tally.has_more),
                when(tally.last_used_at),
                when(account.created_at),
            ]
            for account, tally in tallied
        ],
        all_at=list_at("accounts_serviceaccount", unused=UNUSED.days, status="active"),
    )


def _tried(now: datetime) -> Section:
    """Return the revoked tokens that somebody still tries, the latest first.

    Such a secret has leaked, or a program was forgotten.
    """
    uses = TokenUsage.objects.filter(last_refused_at__gt=now - LATELY).order_by("-last_refused_at")
    tries = dict(uses.values_list("pk", "last_refused_at")[:LOOKED_AT])
    revoked = Token.objects.for_staff().filter(pk__in=list(tries), revoked_at__isnull=False)
    ends = {token: end for token, end in revoked.values_list("pk", "revoked_at") if end}
    # One that was refused before it was revoked had expired, or its account was off.
    still = [pk for pk, at in tries.items() if pk in ends and at and at > ends[pk]][:SHOWN]
    tokens = revoked.in_bulk(still)
    return Section(
        "Revoked tokens that are still tried",
        ("Token", "Organization", "Account", "Revoked", "Last tried"),
        [[*_whose(tokens[pk]), when(ends[pk]), when(tries[pk])] for pk in still],
    )


def _whose(token: Token) -> list[Any]:
    return [
        link_to(token),
        link_to(token.organization),
        link_to(token.service_account, token.service_account.name),
    ]


def _not_used_since(
    since: datetime, accounts: Iterable[ServiceAccount]
) -> Iterator[ServiceAccount]:
    """Yield those of ``accounts`` that were not used since, a few by each query."""
    used = Token.objects.for_staff().a_use_of_account(since)
    live = (account for account in accounts if account.organization.is_live)
    while some := list(islice(live, _AT_ONCE)):
        rows = ServiceAccount.objects.for_staff().filter(pk__in=[account.pk for account in some])
        unused = set(rows.alias(used=used).filter(used=None).values_list("pk", flat=True))
        yield from (account for account in some if account.pk in unused)
