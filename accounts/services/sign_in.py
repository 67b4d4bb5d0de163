"""Signing in with a password, staying signed in, signing out (``contract.md`` section 7)."""

import base64
import hmac
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor, Kind
from accounts.counters import count
from accounts.errors import Fault, NoIdentity, SecondFactorRequired, invalid
from accounts.events import emit
from accounts.keys import key_ring
from accounts.models import Membership, RefreshFamily, User
from accounts.roles import SCOPES, Role
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.locks import hold_member
from accounts.services.proof import prove_password
from accounts.services.second_factors import (
    has_second_factor,
    prove_second_factor,
    suffices,
)

FAMILY_LIFETIME = timedelta(days=14)
_CHANCE_BYTES = 16

_REFRESH = re.compile(r"wdr_([0-9a-f]{32})([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A membership that somebody has proved, and their next refresh token."""

    membership: Membership
    refresh: str

    def __repr__(self) -> str:
        return f"<SignedIn {self.membership}>"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from; ``user_agent`` is the header as it was sent."""

    request_id: str
    address: str | None
    user_agent: bytes = b""


def sign_in(
    origin: Origin, *, email: str, password: str, organization: str | None, otp: str | None
) -> SignedIn:
    """Prove a person by their password, for one of their organizations (its slug).

    Args:
        otp: a TOTP or recovery code, for who has a second factor. It is used up, whatever
            is refused after it.

    Raises:
        Throttled: too many tries for this account or from this address.
        NoIdentity: wrong, whatever is wrong; it takes as long for an absent person.
        SecondFactorRequired: the password is right, but does not suffice.
        InvalidRequest: all is right, but which organization is not clear; the message
            lists theirs.
    """
    proof = prove_password(origin.address, email, password)
    user = proof.user
    memberships = _live_memberships(user)
    if not memberships:
        count("wardkey_sign_ins", "wrong")
        raise NoIdentity(sent=True)
    is_enrolled = has_second_factor(user)
    if is_enrolled and not otp:  # nothing was guessed: a client asks whether a code is needed
        proof.give_back()
        raise SecondFactorRequired(enrolled=True)
    if is_enrolled and not prove_second_factor(user, otp or ""):
        count("wardkey_sign_ins", "wrong")
        raise SecondFactorRequired(enrolled=True)
    count("wardkey_sign_ins", "right")
    proof.settle()
    return _begin_family(origin, _choose(memberships, organization), second_factor=is_enrolled)


def refresh(origin: Origin, text: str) -> SignedIn:
    """Turn a refresh token into the next one; an older one ends its family.

    Raises:
        NoIdentity: it is not good, or its person has no access any more.
    """
    renewed = _renew(origin, text)
    if renewed is None:
        raise NoIdentity(sent=True)
    return renewed


@repeated_on_deadlock
@transaction.atomic(durable=True)
def sign_out(origin: Origin, text: str) -> None:
    """End the family of a refresh token; nothing happens when it is none of ours.

    An older one ends it too: somebody else may hold the latest.
    """
    family = _family_of(text)
    if family is not None and family.ended_at is None:
        latest = _is_latest(family, text)
        _end(origin, family, "session.ended" if latest else "session.reuse_detected")


def _live_memberships(user: User) -> list[Membership]:
    rows = Membership.objects.filter(
        user=user,
        removed_at=None,
        organization__deleted_at=None,
        organization__suspended_at=None,
    )
    found = list(rows.select_related("organization").order_by("organization__slug"))
    for membership in found:
        membership.user = user  # as they have proved themselves
    return found


def _choose(memberships: list[Membership], slug: str | None) -> Membership:
    if slug is None and len(memberships) == 1:
        return memberships[0]
    for membership in memberships:
        if membership.organization.slug == slug:
            return membership
    theirs = ", ".join(membership.organization.slug for membership in memberships)
    raise invalid([Fault(location="body.organization", message=f"must be one of: {theirs}")])


@repeated_on_deadlock
@transaction.atomic(durable=True)
def _begin_family(origin: Origin, membership: Membership, *, second_factor: bool) -> SignedIn:
    proved = membership.user.password
    hold_member(membership.user_id, membership.organization_id)
    now = Membership.objects.select_related("organization", "user").get(pk=membership.pk)
    is_member = now.removed_at is None and now.user.is_active and now.organization.is_live
    if not is_member or now.user.password != proved:
        raise NoIdentity(sent=True)
    if not suffices(now.user, now.organization, second_factor=second_factor):
        raise SecondFactorRequired(enrolled=has_second_factor(now.user))
    family = RefreshFamily(
        id=uuid.uuid4(),
        membership=membership,
        expires_at=timezone.now() + FAMILY_LIFETIME,
        second_factor=second_factor,
    )
    text = _next_text(family)
    family.save(force_insert=True)
    emit(
        logged_actor(origin, membership),
        "session.started",
        family,
        {"second_factor": (None, second_factor)},
    )
    return SignedIn(membership, text)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def _renew(origin: Origin, text: str) -> SignedIn | None:
    """Return the next refresh token; None, with the family ended, for one used before."""
    family = _family_of(text)
    if family is None or family.ended_at is not None or family.expires_at <= timezone.now():
        return None
    membership = family.membership
    is_member = membership.removed_at is None and membership.user.is_active
    if not is_member or not membership.organization.is_live:
        return None
    if not _is_latest(family, text):
        _end(origin, family, "session.reuse_detected")
        return None
    if not _is_enough_still(family):
        _end(origin, family, "session.ended")
        return None
    renewed = _next_text(family)
    family.save(update_fields=["digest"])
    return SignedIn(membership, renewed)


def _family_of(text: str) -> RefreshFamily | None:
    """Return the family that ``text`` names, held against change."""
    found = _REFRESH.fullmatch(text)
    if found is None or not _is_ours(uuid.UUID(found[1]), found[2]):
        return None
    rows = RefreshFamily.objects.select_related("membership__organization", "membership__user")
    return rows.select_for_update(of=("self",)).filter(pk=uuid.UUID(found[1])).first()


def _is_enough_still(family: RefreshFamily) -> bool:
    """Say whether what was proved at the sign-in opens the organization today."""
    user, organization = family.membership.user, family.membership.organization
    if family.created_at < user.password_changed_at:
        return False
    return suffices(user, organization, second_factor=family.second_factor)


def _is_latest(family: RefreshFamily, text: str) -> bool:
    return key_ring().matches("refresh", text.encode(), bytes(family.digest))


def _next_text(family: RefreshFamily) -> str:
    """Make the family's next refresh token, and note its digest on ``family``.

    It carries a mark of ours: who merely knows a family's id, which the audit log shows,
    cannot make up an "older" token and end the family by it.
    """
    chance = secrets.token_bytes(_CHANCE_BYTES)
    mark = key_ring().first.mac("refresh mark", family.id.bytes + chance)[:_CHANCE_BYTES]
    text = f"wdr_{family.id.hex}{base64.urlsafe_b64encode(chance + mark).decode().rstrip('=')}"
    family.digest = key_ring().first.mac("refresh", text.encode())
    return text


def _is_ours(family_id: uuid.UUID, tail: str) -> bool:
    """Say whether the last part of a refresh token was made here for this family."""
    content = base64.urlsafe_b64decode(f"{tail}=")
    chance, mark = content[:_CHANCE_BYTES], content[_CHANCE_BYTES:]
    made = [key.mac("refresh mark", family_id.bytes + chance) for key in key_ring()]
    found = [hmac.compare_digest(one[:_CHANCE_BYTES], mark) for one in made]
    return any(found)


def _end(origin: Origin, family: RefreshFamily, action: str) -> None:
    family.ended_at = timezone.now()
    family.save(update_fields=["ended_at"])
    emit(logged_actor(origin, family.membership), action, family)


def logged_actor(origin: Origin, membership: Membership) -> Actor:
    """Return whom the audit log names for what a member has just proved; it holds no rows."""
    return Actor(
        id=membership.user.id,
        name=membership.user.display_name,
        kind=Kind.USER,
        organization_id=membership.organization_id,
        scopes=SCOPES[Role(membership.role)],
        role=Role(membership.role),
        request_id=origin.request_id,
        address=origin.address,
    )
