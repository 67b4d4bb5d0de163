"""Badges: what a token, a service account or an organization is, in the admin's words."""

from datetime import datetime

from django.utils.safestring import SafeString

from accounts.admin.cells import badge
from accounts.models import Organization, ServiceAccount
from tokens.models import Token
from tokens.status import Status


def token_badge(token: Token, now: datetime) -> SafeString:
    """Return what a token is; where it would be good, what around it is not."""
    status = token.status(now)
    if status in {Status.REVOKED, Status.EXPIRED}:
        return badge(status.title(), "off")
    if token.service_account.deleted_at is not None:
        return badge("Account deleted", "off")
    if not token.organization.is_live:
        return badge(f"Organization {organization_state(token.organization)}", "off")
    return badge(status.title(), "ok" if status is Status.ACTIVE else "off")


def account_badge(account: ServiceAccount) -> SafeString:
    """Return what a service account is."""
    if account.deleted_at is not None:
        return badge("Deleted", "off")
    return badge("Disabled", "off") if account.is_disabled else badge("Active", "ok")


def organization_badge(organization: Organization) -> SafeString:
    """Return what an organization is."""
    look = "ok" if organization.is_live else "off"
    return badge(organization_state(organization).title(), look)


def organization_state(organization: Organization) -> str:
    """Return ``live``, ``suspended`` or ``deleted``."""
    if organization.deleted_at is not None:
        return "deleted"
    return "live" if organization.is_live else "suspended"
