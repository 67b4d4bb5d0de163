"""Tokens that a service changes, read again inside its transaction and held until its end."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.services.locks import hold_accounts, hold_shared
from tokens.errors import NoSuchToken
from tokens.models import Token


def lock_token(actor: Actor, token: Token) -> Token:
    """Return ``token`` as it is now, held against change.

    Raises:
        NoSuchToken: its account was deleted meanwhile, or it is another organization's.
    """
    hold_accounts(actor, token.service_account_id, "SHARE")
    if actor.token is not None and actor.token.id < token.pk:
        hold_shared("SELECT 1 FROM tokens_token WHERE id = %s FOR SHARE", actor.token.id)
    rows = Token.objects.for_actor(actor).select_for_update(no_key=True, of=("self",))
    held = rows.filter(pk=token.pk).first()
    if held is None:
        raise no_such_token(token.slug)
    return held


def lock_tokens(ids: Sequence[UUID]) -> QuerySet[Token]:
    """Return tokens of all organizations as they are now, held against change, for the staff.

    Their accounts are held first, each in the order of their ids, as one by one.
    """
    places = ", ".join(["%s"] * len(ids))
    hold_shared(
        "SELECT 1 FROM accounts_serviceaccount WHERE id IN"  # noqa: S608 - no input in it
        f" (SELECT service_account_id FROM tokens_token WHERE id IN ({places}))"
        " ORDER BY id FOR SHARE",
        *ids,
    )
    rows = Token.objects.for_staff().filter(pk__in=ids).order_by("pk")
    return rows.select_for_update(no_key=True, of=("self",))


def no_such_token(slug: str) -> NoSuchToken:
    """Return the refusal for a token that the account does not have."""
    return NoSuchToken(f'There is no token "{slug}" under this service account.')


def hold_token(token_id: UUID) -> None:
    """Hold a token, its account and its organization against change."""
    hold_shared(
        "SELECT 1 FROM tokens_token t"
        " JOIN accounts_serviceaccount a ON a.id = t.service_account_id"
        " JOIN accounts_organization o ON o.id = t.organization_id"
        " WHERE t.id = %s FOR SHARE",
        token_id,
    )
