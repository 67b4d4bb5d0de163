"""enable_service_account(): the account's tokens are good again.

It stands here and not beside its opposite in ``accounts``, because it is a grant to
the account's tokens, and ``accounts`` knows none.
"""

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import emit
from accounts.models import ServiceAccount
from accounts.moments import timestamp
from accounts.services.ceiling import require_held
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_epoch, lock_account
from tokens.models import Token


@repeated_on_deadlock
@transaction.atomic(durable=True)
def enable_service_account(actor: Actor, account: ServiceAccount) -> ServiceAccount:
    """Switch the account's tokens on again; nothing happens when they are on already.

    Raises:
        MissingScope, NoSuchAccount: see ``Actor.require``.
        ScopeNotHeld: the account, or a token of it that has not ended, holds more than
            the actor.
    """
    actor.require("write:tokens", on=account)
    hold_epoch()
    account = lock_account(actor, account)
    actor = actor.held_with("write:tokens")
    if account.disabled_at is None:
        return account
    tokens = Token.objects.for_actor(actor).filter(service_account=account)
    named = tokens.not_ended(timezone.now()).filter(scopes__isnull=False)
    granted = dict.fromkeys(account.scopes)
    for scopes in named.order_by().values_list("scopes", flat=True).distinct():
        granted.update(dict.fromkeys(scopes or ()))
    require_held(actor, granted)
    changes = {"disabled_at": (timestamp(account.disabled_at), None)}
    account.disabled_at, account.updated_at = None, timezone.now()
    account.save(update_fields=["disabled_at", "updated_at"])
    emit(actor, "service_account.enabled", account, changes)
    return account
