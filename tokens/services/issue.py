"""issue_token(): a new token, and its secret, once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.errors import AccountDisabled, DomainError, Fault
from accounts.events import emit, told
from accounts.inputs import (
    BadInput,
    Inputs,
    clean_description,
    clean_name,
    clean_scopes,
    clean_slug,
    optional,
)
from accounts.keys import key_ring
from accounts.models import ServiceAccount
from accounts.moments import timestamp, to_the_millisecond
from accounts.names import fold, sort_key
from accounts.services.ceiling import require_held
from accounts.services.conflicts import broken_constraint
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import lock_account
from accounts.services.once import Once, claim
from accounts.slugs import make_slug
from tokens.errors import LifeNotHeld, NameTaken, SlugTaken
from tokens.limits import lifetime_fault
from tokens.models import Token
from tokens.secret import TokenSecret

TOLD = ("name", "description", "scopes", "expires_at")
"""The members of a token that the audit log tells changes of."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token and its secret, which exists nowhere else; None where it was made before."""

    token: Token
    secret: TokenSecret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """What a new token is to be, as it was asked for; see ``issue_token``."""

    name: str
    slug: str | None = None
    description: str | None = None
    scopes: list[str] | None = None
    expires_at: datetime | None = None


@repeated_on_deadlock
@transaction.atomic(durable=True)
def issue_token(
    actor: Actor,
    account: ServiceAccount,
    *,
    name: str,
    slug: str | None = None,
    description: str | None = None,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
    once: Once | None = None,
) -> IssuedToken:
    """Create a token for ``account`` and hand out its secret, once.

    Args:
        slug: None makes one from the name.
        scopes: None follows the account's scopes; an empty list means none.
        expires_at: aware, in the future; None for no end, or for that of the token that asks.
        once: makes a repeat return what the first request made, without the secret.

    Raises:
        MissingScope, NoSuchAccount: see ``Actor.require``.
        InvalidRequest, InvalidScopes: a value is not allowed.
        ScopeNotHeld, LifeNotHeld: it would hold, or live, more than its maker.
        AccountDisabled: nothing is created under a disabled account.
        NameTaken, SlugTaken: another token of the account has it.
    """
    actor.require("write:tokens", on=account)
    asked = NewToken(
        name=name, slug=slug, description=description, scopes=scopes, expires_at=expires_at
    )
    return make_token(actor, account, asked, once)


def make_token(
    actor: Actor, account: ServiceAccount, asked: NewToken, once: Once | None
) -> IssuedToken:
    """Make a token and its secret in the transaction of the service that hands it out.

    Raises:
        See ``issue_token``.
    """
    account = lock_account(actor, account)
    actor = actor.held_with("write:tokens")
    token = Token(
        id=uuid.uuid4(),
        organization_id=account.organization_id,
        service_account=account,
        created_by_id=actor.id,
        created_by_name=actor.name,
    )
    makers_end = actor.token.expires_at if actor.token else None
    inputs = Inputs()
    token.name = inputs.take("name", asked.name, clean_name)
    token.slug = inputs.take("slug", asked.slug, optional(clean_slug)) or make_slug(asked.name)
    token.description = inputs.take("description", asked.description, optional(clean_description))
    if asked.scopes is not None:
        token.scopes = inputs.take("scopes", asked.scopes, clean_scopes)
    token.expires_at = inputs.take("expiresAt", asked.expires_at or makers_end, clean_end)
    inputs.refuse()
    if earlier := claim(actor, once, "token.issue", place_id=account.id, made_id=token.id):
        return IssuedToken(Token.objects.for_actor(actor).get(pk=earlier), None)
    require_held(actor, token.effective_scopes, asked=asked.scopes)
    require_life(actor, token.expires_at)
    if account.is_disabled:
        raise AccountDisabled(f'The service account "{account.slug}" is disabled.')
    secret = _give_secret(token)
    write(token, force_insert=True)
    emit(actor, "token.issued", token, {m: (None, v) for m, v in told(token, *TOLD).items()})
    return IssuedToken(token, secret)


def _give_secret(token: Token) -> TokenSecret:
    """Mint the secret, and set all that is derived from it and from the name."""
    secret, key = TokenSecret.mint(), key_ring().first
    token.prefix, token.digest, token.key_id = secret.prefix, secret.digest(key), key.id
    rename(token, token.name)
    return secret


def clean_end(expires_at: datetime | None, *, born_at: datetime | None = None) -> datetime | None:
    """Return a token's end if the installation allows it; ``born_at`` None is now.

    It is cut to its millisecond: what is kept is what is told.

    Raises:
        BadInput: it is past, further off than allowed, or missing where one is required.
    """
    now = timezone.now()
    expires_at = None if expires_at is None else to_the_millisecond(expires_at)
    longest = settings.WARDKEY_MAX_TOKEN_LIFETIME
    fault = lifetime_fault(expires_at, now=now, born_at=born_at or now, longest=longest)
    if fault:
        raise BadInput({"": fault})
    return expires_at


def require_life(actor: Actor, expires_at: datetime | None) -> None:
    """Return if what ``actor`` gives ends no later than the token it acts by, if any.

    Raises:
        LifeNotHeld: it would live longer.
    """
    makers_end = actor.token.expires_at if actor.token else None
    if makers_end is not None and (expires_at is None or expires_at > makers_end):
        message = f"must be at most {timestamp(makers_end)}"
        fault = Fault(location="body.expiresAt", message=message)
        raise LifeNotHeld("A token gives no longer life than its own.", [fault])


def rename(token: Token, name: str) -> None:
    """Set the name and what is derived from it."""
    token.name = name
    token.name_order = sort_key(name)
    token.search = fold(f"{name}\n{token.slug}\n{token.prefix}")


def write(token: Token, *, force_insert: bool = False, members: Sequence[str] = ()) -> None:
    """Write the row; what the database's constraints refuse becomes a conflict.

    Raises:
        NameTaken, SlugTaken: another token of the account has it.
    """
    try:
        with transaction.atomic():
            token.save(force_insert=force_insert, update_fields=members or None)
    except IntegrityError as fault:
        raise _conflict(token, fault) from None


def _conflict(token: Token, fault: IntegrityError) -> DomainError:
    """Return the refusal for the constraint that ``fault`` has broken; raises any other."""
    broken = broken_constraint(fault)
    if "slug" in broken:
        return SlugTaken(f'This account has, or had, a token "{token.slug}".')
    if "name" in broken:
        return NameTaken(f"This account has a token named {token.name}.")
    raise fault
