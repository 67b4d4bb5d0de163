"""Rows that a service changes, read again inside its transaction and held until its end.

What a door has read may be gone by the time the service writes. On PostgreSQL the
row is locked; on SQLite the transaction itself is the one writer.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.actor import Actor, Kind
from accounts.errors import NoSuchAccount
from accounts.models import ServiceAccount


def lock_account(actor: Actor, account: ServiceAccount) -> ServiceAccount:
    """Return ``account`` as it is now, held against change.

    Raises:
        NoSuchAccount: it was deleted meanwhile, or is another organization's.
    """
    hold_accounts(actor, account.pk, "NO KEY UPDATE")
    rows = ServiceAccount.objects.for_actor(actor).select_for_update(no_key=True)
    held = rows.filter(pk=account.pk).first()
    if held is None:
        raise no_such_account(account.slug)
    return held


def lock_accounts(ids: Sequence[UUID]) -> QuerySet[ServiceAccount]:
    """Return the accounts with these ids, of any organization, held in the order of their ids."""
    rows = ServiceAccount.objects.filter(pk__in=ids).order_by("pk")
    return rows.select_for_update(no_key=True)


def no_such_account(slug: str) -> NoSuchAccount:
    """Return the refusal for an account that this organization does not have."""
    return NoSuchAccount(f'There is no service account "{slug}" in your organization.')


def hold_accounts(actor: Actor, account_id: UUID, strength: str) -> None:
    """Hold an account, and that of the token that acts, in the order of their ids.

    Two tokens that act on each other's account would wait for each other otherwise. After
    the accounts come tokens, in the order of their ids too, then the organization.
    """
    held = {account_id: strength}
    if actor.kind is Kind.SERVICE_ACCOUNT:
        held.setdefault(actor.id, "SHARE")
    for each in sorted(held):
        hold_shared(f"SELECT 1 FROM accounts_serviceaccount WHERE id = %s FOR {held[each]}", each)  # noqa: S608 - no input in it


def hold_member(user_id: UUID, organization_id: UUID) -> None:
    """Hold a member, as a person and in the organization, against change."""
    # The organization first, as whoever changes its members locks it first.
    hold_shared("SELECT 1 FROM accounts_organization WHERE id = %s FOR SHARE", organization_id)
    hold_shared(
        "SELECT 1 FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id"
        " WHERE m.user_id = %s AND m.organization_id = %s FOR SHARE",
        user_id,
        organization_id,
    )


def hold_epoch() -> None:
    """Hold the epoch (``accounts/epoch.py``) until the transaction ends, before any other row.

    Whoever changes what a credential may do raises it, and so waits for it in the end. Taken last,
    it would meet those who have it and wait for our rows. Nothing is needed on SQLite.
    """
    hold_shared("SELECT 1 FROM accounts_epoch FOR NO KEY UPDATE")


def hold_shared(statement: str, *ids: UUID) -> None:
    """Run a statement that locks rows in a way that Django's queries cannot say.

    Many may hold a row at once; who wants to change it waits for them. Nothing is needed
    on SQLite, whose transaction is the one writer.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, list(ids))
