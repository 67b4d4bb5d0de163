"""Snapshots: what the database knows of a token, in one query."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from accounts.keys import key_ring
from tokens.models import Token
from tokens.secret import TokenSecret
from tokens.verify.snapshot import TokenSnapshot

Read = tuple[TokenSnapshot, datetime]
"""A snapshot, and the database's clock when it was read."""


def load_snapshot(secret: TokenSecret) -> Read | None:
    """Return the snapshot of ``secret``'s token; None if unknown.

    The digest under every loaded server key is looked up at once.
    """
    return _read(Q(digest__in=[secret.digest(key) for key in key_ring()]))


def reload_snapshot(token_id: UUID) -> Read | None:
    """Return the snapshot of a token that has been verified before, as it is now."""
    return _read(Q(pk=token_id))


def _read(which: Q) -> Read | None:
    rows = Token.objects.filter(which).annotate(read_at=Now())
    row = rows.select_related("service_account__organization").first()
    if row is None:
        return None
    account = row.service_account
    snapshot = TokenSnapshot(
        token_id=row.id,
        token_slug=row.slug,
        account_id=account.id,
        account_slug=account.slug,
        account_name=account.name,
        organization_id=row.organization_id,
        scopes=tuple(row.effective_scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        is_revoked=row.revoked_at is not None,
        account_is_on=account.disabled_at is None and account.deleted_at is None,
        organization_is_live=account.organization.is_live,
        key_id=row.key_id,
    )
    return snapshot, row.read_at  # type: ignore[attr-defined]  # the annotation above
