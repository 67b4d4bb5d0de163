"""revoke_token(): from its answer on, the token authenticates nothing."""

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import emit
from accounts.services.deadlocks import repeated_on_deadlock
from tokens.models import Token
from tokens.services.locks import lock_token, no_such_token


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
    token = lock_token(actor, token)
    actor = actor.held_with(needed) if needed else actor.held()
    if token.revoked_at is not None:
        raise no_such_token(token.slug)
    token.revoked_at = timezone.now()
    token.revoked_by_id, token.revoked_by_name = actor.id, actor.name
    token.save(update_fields=["revoked_at", "revoked_by_id", "revoked_by_name"])
    emit(actor, "token.revoked", token)
