"""load_snapshot(): what the database knows of a secret, in one query."""

from datetime import datetime

from django.db.models.functions import Now

from accounts.keys import key_ring
from tokens.models import Token
from tokens.secret import TokenSecret
from tokens.verify.snapshot import TokenSnapshot


def load_snapshot(secret: TokenSecret) -> tuple[TokenSnapshot, datetime] | None:
    """Return the snapshot of ``secret``'s token and the database's clock; None if unknown.

    The digest under every loaded server key is looked up at once.
    """
    digests = [secret.digest(key) for key in key_ring()]
    rows = Token.objects.filter(digest__in=digests).annotate(read_at=Now())
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
        expires_at=row.expires_at,
        is_revoked=row.revoked_at is not None,
        account_is_on=account.disabled_at is None and account.deleted_at is None,
        organization_is_live=account.organization.is_live,
        key_id=row.key_id,
    )
    return snapshot, row.read_at  # type: ignore[attr-defined]  # the annotation above
