"""Revoking: from the answer on, a token authenticates nothing."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import emit
from accounts.losses import loses_rights
from accounts.moments import timestamp
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_epoch
from tokens.models import Token
from tokens.services.locks import lock_token, no_such_token


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def revoke_token(actor: Actor, token: Token) -> None:
    """Revoke ``token``. Whatever its scopes, a token may revoke itself.

    Raises:
        MissingScope: the actor may not, and it is not its own token.
        NoSuchToken: it is revoked already, or another organization's.
        NoIdentity: the actor's credential is not good any more.
    """
    if actor.token is not None and actor.token.id == token.id:
        actor.require_own(token)
        needed = None
    else:
        actor.require("write:tokens", on=token)
        needed = "write:tokens"
    hold_epoch()
    token = lock_token(actor, token)
    actor = actor.held_with(needed) if needed else actor.held()
    if not revoke_locked(actor, token):
        raise no_such_token(token.slug)


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def revoke_tokens(actor: Actor, tokens: Iterable[Token]) -> int:
    """Revoke all of ``tokens``, or none, and return how many were not revoked before.

    One that is revoked already is left as it is: the end is the one that was wanted.

    Raises:
        MissingScope: the actor may not.
        NoSuchToken: one is another organization's.
        NoIdentity: the actor's credential is not good any more.
    """
    actor.require("write:tokens")
    hold_epoch()
    # In one order everywhere, or two that revoke the same ones could wait for each other.
    held = [lock_token(actor, token) for token in sorted(tokens, key=lambda token: token.pk)]
    actor = actor.held_with("write:tokens")
    return sum(revoke_locked(actor, token) for token in held)


def revoke_locked(actor: Actor, token: Token) -> bool:
    """Revoke a token that the service has locked, and say whether it was not revoked before."""
    if token.revoked_at is not None:
        return False
    token.revoked_at = timezone.now()
    token.revoked_by_id, token.revoked_by_name = actor.id, actor.name
    token.save(update_fields=["revoked_at", "revoked_by_id", "revoked_by_name"])
    emit(actor, "token.revoked", token, {"revoked_at": (None, timestamp(token.revoked_at))})
    return True
