"""Rows that a service changes, read again inside its transaction and held until its end.

What a door has read may be gone by the time the service writes. On PostgreSQL the
row is locked; on SQLite the transaction itself is the one writer.
"""

from uuid import UUID

from django.db import connection

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


def hold_member(user_id: UUID, organization_id: UUID) -> None:
    """Hold a member, as a person and in the organization, against change."""
    hold_shared(
        "SELECT 1 FROM accounts_membership m"
        " JOIN accounts_user u ON u.id = m.user_id"
        " JOIN accounts_organization o ON o.id = m.organization_id"
        " WHERE m.user_id = %s AND m.organization_id = %s FOR SHARE",
        user_id,
        organization_id,
    )


def hold_shared(statement: str, *ids: UUID) -> None:
    """Run a ``FOR SHARE`` statement, which Django's queries cannot say.

    Many may hold a row at once; who wants to change it waits for them. Nothing is needed
    on SQLite, whose transaction is the one writer.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, list(ids))
