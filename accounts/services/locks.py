"""Rows that a service changes, read again inside its transaction and held until its end.

What a door has read may be gone by the time the service writes. On PostgreSQL the
row is locked; on SQLite the transaction itself is the one writer.
"""

from accounts.actor import Actor
from accounts.errors import NoSuchAccount
from accounts.models import ServiceAccount


def lock_account(actor: Actor, account: ServiceAccount) -> ServiceAccount:
    """Return ``account`` as it is now, held against change.

    Raises:
        NoSuchAccount: it was deleted meanwhile, or is another organization's.
    """
    rows = ServiceAccount.objects.for_actor(actor).select_for_update(no_key=True)
    held = rows.filter(pk=account.pk).first()
    if held is None:
        raise no_such_account(account.slug)
    return held


def no_such_account(slug: str) -> NoSuchAccount:
    """Return the refusal for an account that this organization does not have."""
    return NoSuchAccount(f'There is no service account "{slug}" in your organization.')
