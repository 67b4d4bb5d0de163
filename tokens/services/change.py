"""change_token(): a token's name, description, scopes and end."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import difference, emit, told
from accounts.inputs import Inputs, clean_description, clean_name, clean_scopes, optional
from accounts.losses import loses_rights
from accounts.scopes import missing
from accounts.services.ceiling import require_held
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_epoch
from accounts.unset import UNSET, Unset
from tokens.errors import NoSelfChange, TokenEnded
from tokens.models import Token
from tokens.services.issue import TOLD, clean_end, rename, require_life, write
from tokens.services.locks import lock_token
from tokens.status import Status


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def change_token(
    actor: Actor,
    token: Token,
    *,
    name: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    scopes: list[str] | Unset | None = UNSET,
    expires_at: datetime | Unset | None = UNSET,
) -> Token:
    """Change what is given, and return the token as it is then.

    None clears an optional member: ``scopes`` follow the account again, ``expires_at``
    is no end. The ceiling holds for what the token gains, in scopes and in time.

    Raises:
        MissingScope, NoSuchToken, InvalidRequest, InvalidScopes: see ``contract.md``.
        ScopeNotHeld, LifeNotHeld: the token would gain more than the actor has.
        NoSelfChange: the actor acts by this very token.
        TokenEnded: it is revoked or expired.
        NameTaken: another token of the account has the name.
    """
    actor.require("write:tokens", on=token)
    if not (isinstance(scopes, Unset) and isinstance(expires_at, Unset)):
        hold_epoch()
    token = lock_token(actor, token)
    actor = actor.held_with("write:tokens")
    change_locked(
        actor, token, name=name, description=description, scopes=scopes, expires_at=expires_at
    )
    return token


def change_locked(
    actor: Actor,
    token: Token,
    *,
    name: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    scopes: list[str] | Unset | None = UNSET,
    expires_at: datetime | Unset | None = UNSET,
) -> bool:
    """Change a token that the service has locked, and say whether anything is different.

    Raises:
        See ``change_token``.
    """
    before, held_before, end_before = told(token, *TOLD), token.effective_scopes, token.expires_at
    inputs = Inputs()
    if not isinstance(name, Unset):
        rename(token, inputs.take("name", name, clean_name))
    if not isinstance(description, Unset):
        token.description = inputs.take("description", description, optional(clean_description))
    if not isinstance(scopes, Unset):
        token.scopes = None if scopes is None else inputs.take("scopes", scopes, clean_scopes)
    if not isinstance(expires_at, Unset) and expires_at != end_before:
        clean = partial(clean_end, born_at=token.created_at)
        token.expires_at = inputs.take("expiresAt", expires_at, clean)
    inputs.refuse()
    if actor.token is not None and actor.token.id == token.id:
        raise NoSelfChange("A token changes nothing about itself.")
    asked = None if isinstance(scopes, Unset) else scopes
    require_held(actor, missing(held_before, token.effective_scopes), asked=asked)
    if _is_longer(token.expires_at, end_before):
        require_life(actor, token.expires_at)
    _require_not_ended(token, end_before)
    changes = difference(before, told(token, *TOLD))
    if changes:
        members = ["name", "name_order", "search", "description", "scopes", "expires_at"]
        write(token, members=members)
        emit(actor, "token.changed", token, changes)
    return bool(changes)


def _is_longer(end: datetime | None, before: datetime | None) -> bool:
    return before is not None and (end is None or end > before)


def _require_not_ended(token: Token, end_before: datetime | None) -> None:
    """Return if the token, as it was, still could be used or switched on again."""
    expired = end_before is not None and end_before <= timezone.now()
    if token.revoked_at is not None or expired:
        status = Status.REVOKED if token.revoked_at is not None else Status.EXPIRED
        raise TokenEnded(f'The token "{token.slug}" is {status}.')
