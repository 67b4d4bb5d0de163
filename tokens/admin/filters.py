"""Filters of tokens, service accounts and organizations."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import LessThan
from django.utils import timezone

from accounts.admin.filters import CreatorFilter, Filter, IdFilter, OrganizationFilter
from tokens.models import Token
from tokens.status import Status


class StatusFilter(Filter):
    """What tokens are; a token of a deleted account or organization is none of these by itself."""

    title, parameter_name = "Status", "status"
    choices_offered = tuple((str(status), status.title()) for status in reversed(Status))

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the tokens that are ``value`` now."""
        now, status = timezone.now(), Status(value)
        if status is Status.EXPIRED:
            return rows.ending(until=now)
        found = rows.with_status(status, now)
        return found.of_live() if status in {Status.ACTIVE, Status.DISABLED} else found

    @property
    def leads(self) -> bool:  # type: ignore[override]
        """Whether it is for those that have ended: if an account is disabled is tested."""
        return self.typed in {Status.REVOKED, Status.EXPIRED}

    @property
    def order(self) -> tuple[str, ...]:  # type: ignore[override]
        """Return the order of the index of ends, for the expired."""
        return ("-expires_at", "-id") if self.typed == Status.EXPIRED else ()


class DaysFilter(Filter):
    """A choice of days."""

    days: tuple[int, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.choices_offered = tuple((str(days), f"{days} days") for days in cls.days)


class ExpiringFilter(DaysFilter):
    """How soon a token ends."""

    title, parameter_name, days = "Expiring within", "expiring", (7, 30, 90)
    order = ("expires_at", "id")
    leads = True

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the tokens that end within so many days, and have not ended."""
        now = timezone.now()
        return rows.ending(after=now, until=now + timedelta(days=int(value)))


class UnusedFilter(DaysFilter):
    """Since when a token was not used: its last use was before, or it was made before."""

    title, parameter_name, days = "Unused for", "unused", (30, 90, 365)
    most = 5_000  # each row costs a look-up of its last use

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the tokens that were not used for so many days."""
        # In one comparison with the use that is looked up: else it would be looked up twice.
        last = Coalesce("last_used_at", "created_at")
        return self.narrowed(rows).filter(LessThan(last, self.since))

    def narrowed(self, rows: Any) -> Any:
        """Return the tokens that were made before."""
        return rows.filter(created_at__lt=self.since)

    @property
    def since(self) -> datetime:
        """Return the end of the time of which it speaks."""
        return timezone.now() - timedelta(days=int(self.typed))


class UnusedAccountFilter(UnusedFilter):
    """Since when no token of an account was used: of its newest, and the account made before."""

    most = 500

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the accounts of whose newest tokens none was used for so many days."""
        used = Token.objects.for_staff().a_use_of_account(self.since)
        return self.narrowed(rows).alias(used=used).filter(used=None)


class ScopeFilter(Filter):
    """A scope that tokens hold by its name: they name it, or follow an account that does."""

    title, parameter_name, placeholder = "Scope", "scope", "read:releases"
    held: Any = Coalesce(
        Cast("scopes", TextField()),
        Cast("ended_scopes", TextField()),
        Cast("service_account__scopes", TextField()),
    )

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the rows that hold it."""
        # As text, quotes and all: SQLite cannot look into a list.
        return rows.alias(held=self.held).filter(held__contains=json.dumps(value))


class AccountScopeFilter(ScopeFilter):
    """A scope that an account gives its tokens."""

    held = Cast("scopes", TextField())


class TokenOrganizationFilter(OrganizationFilter):
    """The organization of tokens."""

    def of_organization(self, rows: Any, organization: UUID) -> Any:
        """Return the tokens of one organization."""
        return rows.of_organization(organization)


class TokenCreatorFilter(CreatorFilter):
    """Who made a token."""

    leads = True


class AccountFilter(IdFilter):
    """The service account of tokens; its page leads here."""

    title, parameter_name, column = "Service account", "account", "service_account_id"
    leads = True


class AccountStatusFilter(Filter):
    """What accounts are."""

    title, parameter_name = "Status", "status"
    choices_offered = (("active", "Active"), ("disabled", "Disabled"), ("deleted", "Deleted"))

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the accounts that are ``value``."""
        if value == "deleted":
            return rows.filter(deleted_at__isnull=False)
        return rows.filter(deleted_at=None).matching(status=value)


class OrganizationStatusFilter(Filter):
    """What organizations are."""

    title, parameter_name = "Status", "status"
    choices_offered = (("live", "Live"), ("suspended", "Suspended"), ("deleted", "Deleted"))

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the organizations that are ``value``."""
        if value == "deleted":
            return rows.filter(deleted_at__isnull=False)
        return rows.filter(deleted_at=None, suspended_at__isnull=value == "live")
