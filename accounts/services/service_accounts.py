"""Service accounts: created, changed, disabled and deleted.

Enabling one asks about its tokens too, so it stands in ``tokens/services/enable.py``.
"""

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.errors import DomainError, ExternalIdConflict, SlugConflict
from accounts.events import difference, emit, told
from accounts.inputs import (
    Inputs,
    clean_description,
    clean_external_id,
    clean_name,
    clean_scopes,
    clean_slug,
    optional,
)
from accounts.losses import loses_rights
from accounts.models import ServiceAccount
from accounts.moments import timestamp
from accounts.names import fold, sort_key
from accounts.scopes import missing
from accounts.services.ceiling import require_held
from accounts.services.conflicts import broken_constraint
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_epoch, lock_account
from accounts.services.once import Once, claim, take_over
from accounts.slugs import make_slug
from accounts.unset import UNSET, Unset

_TOLD = ("name", "description", "external_id", "scopes")


@repeated_on_deadlock
@transaction.atomic(durable=True)
def create_service_account(
    actor: Actor,
    *,
    name: str,
    slug: str | None = None,
    description: str | None = None,
    external_id: str | None = None,
    scopes: list[str] | None = None,
    once: Once | None = None,
) -> ServiceAccount:
    """Create a service account in the actor's organization.

    Args:
        slug: None makes one from the name.
        scopes: what its tokens get when they name none.
        once: makes a repeat return the account that the first request made.

    Raises:
        MissingScope, InvalidRequest, InvalidScopes, ScopeNotHeld: see ``contract.md``.
        SlugConflict, ExternalIdConflict: another live account has it.
    """
    actor.require("write:tokens")
    actor = actor.held_with("write:tokens")
    inputs, now = Inputs(), timezone.now()
    account = ServiceAccount(
        id=uuid.uuid4(),
        organization_id=actor.organization_id,
        slug=inputs.take("slug", slug, optional(clean_slug)) or "",
        description=inputs.take("description", description, optional(clean_description)),
        external_id=inputs.take("externalId", external_id, optional(clean_external_id)),
        scopes=inputs.take("scopes", scopes or [], clean_scopes),
        created_at=now,
        created_by_id=actor.id,
        created_by_name=actor.name,
        updated_at=now,
    )
    name = inputs.take("name", name, clean_name)
    inputs.refuse()
    place = actor.organization_id
    if earlier := claim(actor, once, "service_account.create", place_id=place, made_id=account.id):
        there = ServiceAccount.objects.for_actor(actor).filter(pk=earlier).first()
        if there is not None:
            return there
        take_over(once, made_id=earlier, by_id=account.id)
    require_held(actor, account.scopes, asked=scopes)
    account.slug = account.slug or make_slug(name)
    _rename(account, name)
    _write(account, force_insert=True)
    made = {member: (None, value) for member, value in told(account, *_TOLD).items()}
    emit(actor, "service_account.created", account, made)
    return account


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def change_service_account(
    actor: Actor,
    account: ServiceAccount,
    *,
    name: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    external_id: str | Unset | None = UNSET,
    scopes: list[str] | Unset | None = UNSET,
) -> ServiceAccount:
    """Change what is given, and return the account as it is then.

    None clears an optional member; ``scopes`` cleared is ``[]``. Raising the scopes
    grants them to every token that follows the account, so the ceiling holds for
    what they gain.

    Raises:
        NoSuchAccount, MissingScope, InvalidRequest, InvalidScopes, ScopeNotHeld,
        ExternalIdConflict: see ``contract.md``.
    """
    actor.require("write:tokens", on=account)
    if not isinstance(scopes, Unset):
        hold_epoch()
    account = lock_account(actor, account)
    actor = actor.held_with("write:tokens")
    before = told(account, *_TOLD)
    inputs = Inputs()
    if not isinstance(name, Unset):
        _rename(account, inputs.take("name", name, clean_name))
    if not isinstance(description, Unset):
        account.description = inputs.take("description", description, optional(clean_description))
    if not isinstance(external_id, Unset):
        account.external_id = inputs.take("externalId", external_id, optional(clean_external_id))
    if not isinstance(scopes, Unset):
        account.scopes = inputs.take("scopes", scopes or [], clean_scopes)
    inputs.refuse()
    require_held(
        actor,
        missing(before["scopes"], account.scopes),
        asked=None if isinstance(scopes, Unset) else scopes,
    )
    changes = difference(before, told(account, *_TOLD))
    if changes:
        account.updated_at = timezone.now()
        _write(account)
        emit(actor, "service_account.changed", account, changes)
    return account


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def disable_service_account(actor: Actor, account: ServiceAccount) -> ServiceAccount:
    """Switch the account's tokens off; nothing happens when they are off already."""
    actor.require("write:tokens", on=account)
    hold_epoch()
    account = lock_account(actor, account)
    actor = actor.held_with("write:tokens")
    disable_locked(actor, account)
    return account


def disable_locked(actor: Actor, account: ServiceAccount) -> bool:
    """Disable an account that the service has locked, and say whether it was enabled before."""
    if account.disabled_at is not None:
        return False
    account.disabled_at = account.updated_at = timezone.now()
    account.save(update_fields=["disabled_at", "updated_at"])
    changes = {"disabled_at": (None, timestamp(account.disabled_at))}
    emit(actor, "service_account.disabled", account, changes)
    return True


@loses_rights
@repeated_on_deadlock
@transaction.atomic(durable=True)
def delete_service_account(actor: Actor, account: ServiceAccount) -> None:
    """Delete the account: its tokens authenticate nothing from then on, its slug is free.

    Raises:
        NoSuchAccount: it has been deleted already.
    """
    actor.require("write:tokens", on=account)
    hold_epoch()
    account = lock_account(actor, account)
    actor = actor.held_with("write:tokens")
    account.deleted_at = account.updated_at = timezone.now()
    account.save(update_fields=["deleted_at", "updated_at"])
    changes = {"deleted_at": (None, timestamp(account.deleted_at))}
    emit(actor, "service_account.deleted", account, changes)


def _rename(account: ServiceAccount, name: str) -> None:
    """Set the name and what is derived from it."""
    account.name = name
    account.name_order = sort_key(name)
    account.search = fold(f"{name}\n{account.slug}")


def _write(account: ServiceAccount, *, force_insert: bool = False) -> None:
    """Write the row; what the database's constraints refuse becomes a conflict."""
    try:
        with transaction.atomic():
            account.save(force_insert=force_insert)
    except IntegrityError as fault:
        raise _conflict(account, fault) from None


def _conflict(account: ServiceAccount, fault: IntegrityError) -> DomainError:
    """Return the refusal for the constraint that ``fault`` has broken; raises any other."""
    broken = broken_constraint(fault)
    if "external_id" in broken:
        return ExternalIdConflict("Another service account has this externalId.")
    if "slug" in broken:
        return SlugConflict(f'A service account "{account.slug}" exists already.')
    raise fault
