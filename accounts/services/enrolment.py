"""Second factors come and go: by the person whose they are, or, where lost, by the operator.

The rows are django-allauth's (``accounts/services/second_factors.py``); what is checked
with a browser (a passkey's ceremony) is checked before it comes here.
"""

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from accounts.actor import Actor
from accounts.errors import Fault, LastSecondFactor, NoIdentity, NotAllowed, invalid
from accounts.events import emit
from accounts.inputs import Inputs, clean_name
from accounts.models import Organization, User
from accounts.request_errors import NoSuchAddress
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.homes import tell_homes
from accounts.services.people import Person, end_sign_ins, homes_of
from accounts.services.second_factors import has_second_factor, take_code
from accounts.services.sessions import drop_sessions
from accounts.services.sign_in import Origin

MOST_PASSKEYS = 20

_CODES = Authenticator.Type.RECOVERY_CODES
_NAMES = {Authenticator.Type.TOTP: "authenticator app", _CODES: "recovery codes"}


def factors_of(user: User) -> list[Authenticator]:
    """Return what a person can prove themselves by beside a password, the oldest first."""
    return list(Authenticator.objects.filter(user_id=user.pk).exclude(type=_CODES).order_by("pk"))


def recovery_codes_left(user: User) -> int:
    """Return how many recovery codes a person has that are not used."""
    codes = Authenticator.objects.filter(user_id=user.pk, type=_CODES).first()
    return 0 if codes is None else len(codes.wrap().get_unused_codes())


def recovery_codes_shown(user: User) -> bool:
    """Say whether a person's recovery codes were shown, so that they are shown no more."""
    codes = Authenticator.objects.filter(user_id=user.pk, type=_CODES).first()
    return codes is None or bool(codes.data.get("viewed_at"))


@repeated_on_deadlock
@transaction.atomic(durable=True)
def add_authenticator_app(
    origin: Origin, user: User, *, secret: str, code: str, keep_key: str | None
) -> None:
    """Add an authenticator app with this secret, which shows ``code`` now.

    Args:
        keep_key: the session that is at hand; the others were begun without this factor.

    Raises:
        InvalidRequest: the code is wrong, or there is an app already.
        NotAllowed: the person comes from an external issuer, which vouches for them.
    """
    held = _held(user)
    if Authenticator.objects.filter(user_id=held.pk, type=Authenticator.Type.TOTP).exists():
        raise invalid(
            [Fault(location="body.code", message="you have an authenticator app already")]
        )
    if not take_code(held, secret, code):
        raise invalid([Fault(location="body.code", message="is not what the app shows now")])
    TOTP.activate(held, secret)
    _tell_added(origin, held, "authenticator app", keep_key)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def add_passkey(
    origin: Origin, user: User, *, name: str, credential: dict[str, Any], keep_key: str | None
) -> None:
    """Add a passkey that a browser has just made for this person.

    Raises:
        InvalidRequest: the name is not allowed, or there are too many.
        NotAllowed: see ``add_authenticator_app``.
    """
    held = _held(user)
    inputs = Inputs()
    name = inputs.take("name", name, clean_name)
    inputs.refuse()
    rows = Authenticator.objects.filter(user_id=held.pk, type=Authenticator.Type.WEBAUTHN)
    if rows.count() >= MOST_PASSKEYS:
        raise invalid([Fault(location="body.name", message=f"at most {MOST_PASSKEYS} passkeys")])
    WebAuthn.add(held, name, credential)
    _tell_added(origin, held, f"passkey {name}", keep_key)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def remove_second_factor(origin: Origin, user: User, pk: int) -> None:
    """Remove a factor; the recovery codes go with the last one.

    Raises:
        NoSuchAddress: the person has no such factor.
        LastSecondFactor: an organization of theirs requires one.
    """
    held = _held(user)
    factors = {factor.pk: factor for factor in factors_of(held)}
    if pk not in factors:
        raise NoSuchAddress("You have no such second factor.")
    if len(factors) == 1:
        _require_none_needed(held)
        Authenticator.objects.filter(user_id=held.pk, type=_CODES).delete()
    factors[pk].delete()
    tell_homes(origin, held, "user.second_factor_removed", {"factor": (name_of(factors[pk]), None)})


@repeated_on_deadlock
@transaction.atomic(durable=True)
def remove_second_factors(user: User) -> list[str]:
    """Remove all that a person proves themselves by beside a password, for the operator in a shell.

    What they have signed in to ends. Return what was removed, as the audit log calls it; where
    that is nothing, nothing is done.
    """
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    rows = Authenticator.objects.filter(user_id=held.pk)
    removed = [name_of(factor) for factor in rows.order_by("pk")]
    if not removed:
        return []
    rows.delete()
    end_sign_ins(held)
    for home in homes_of(held):
        system = Actor.system(home.organization_id)
        emit(system, "user.second_factors_removed", Person(held), {"factors": (removed, [])})
    return removed


@repeated_on_deadlock
@transaction.atomic(durable=True)
def make_recovery_codes(origin: Origin, user: User) -> None:
    """Make new recovery codes; those from before are good no more.

    Raises:
        NotAllowed: there is no factor that they could stand in for.
    """
    held = _held(user)
    if not has_second_factor(held):
        raise NotAllowed("Recovery codes stand in for a second factor: add one first.")
    Authenticator.objects.filter(user_id=held.pk, type=_CODES).delete()
    RecoveryCodes.activate(held)
    tell_homes(origin, held, "user.recovery_codes_made")


@transaction.atomic(durable=True)
def take_recovery_codes(user: User) -> list[str] | None:
    """Return the recovery codes, once: None when they were shown, or there are none."""
    rows = Authenticator.objects.select_for_update().filter(user_id=user.pk, type=_CODES)
    codes = rows.first()
    if codes is None or codes.data.get("viewed_at"):
        return None
    codes.data["viewed_at"] = time.time()
    codes.save(update_fields=["data"])
    return list(codes.wrap().get_unused_codes())


def name_of(factor: Authenticator) -> str:
    """Return what the audit log calls a factor, or the recovery codes."""
    return _NAMES.get(factor.type) or f"passkey {factor.wrap().name}"


def _held(user: User) -> User:
    """Return the person as they are now, held: one change of their factors at a time."""
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not held.is_active:
        raise NoIdentity(sent=True)
    if held.email is None:
        raise NotAllowed("Your issuer looks after your second factors.")
    return held


def _tell_added(origin: Origin, held: User, factor: str, keep_key: str | None) -> None:
    RecoveryCodes.activate(held)  # those that there are stay
    drop_sessions(held, keep_key)
    tell_homes(origin, held, "user.second_factor_added", {"factor": (None, factor)})


def _require_none_needed(user: User) -> None:
    rows = Organization.objects.filter(
        requires_second_factor=True,
        deleted_at=None,
        memberships__user=user,
        memberships__removed_at=None,
    )
    first = rows.order_by("name").first()
    if first is not None:
        raise LastSecondFactor(first.name)
