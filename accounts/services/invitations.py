"""Invitations: a place in an organization for whoever shows a link, once.

What a link is worth is judged when it is used, not when it was made: nobody gives what they do
not have (``docs/decisions/0007-invitations-are-worth-what-their-inviter-is.md``).
"""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor, Kind
from accounts.errors import DomainError, Fault, InvitationOver, NoIdentity, NotAllowed, invalid
from accounts.events import emit
from accounts.inputs import BadInput, Inputs, clean_email, clean_role, optional
from accounts.keys import ServerKey, key_ring
from accounts.models import Invitation, Membership, Organization, User
from accounts.names import canonical_email
from accounts.request_errors import NoSuchAddress
from accounts.roles import SCOPES, Role
from accounts.scopes import missing
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.memberships import lock_members, place_member, require_owner_in_person
from accounts.services.people import place_user
from accounts.services.sign_in import Origin, logged_actor
from accounts.services.staff import may
from accounts.services.throttle import Limit, count_try
from accounts.staff import Act

LIFETIME = timedelta(days=7)
NEWCOMERS = Limit("newcomers by invitation", 20, timedelta(hours=1))
"""Whoever holds an open link can ask of an address whether it has an account: not of many."""

_SCOPE = "write:memberships"
_MARK = re.compile(r"wdi_([A-Za-z0-9_-]{54})")
_CHANCE_BYTES, _PROOF_BYTES = 24, 16


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, and the mark of its link: all that there ever is of it."""

    invitation: Invitation
    mark: str = field(repr=False)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def invite(actor: Actor, *, role: str, email: str | None = None) -> Invited:
    """Offer a place in the actor's organization, for seven days.

    Args:
        email: where the link is going to be sent; a newcomer gets this address.

    Raises:
        MissingScope: the actor may not manage members.
        NotAllowed: owners are invited by an owner in person.
        InvalidRequest: a value is not allowed, or the address is a member's.
        NoSuchAddress: the organization was deleted meanwhile.
    """
    actor.require(_SCOPE)
    return place_invitation(actor.held_with(_SCOPE), role=role, email=email)


def place_invitation(actor: Actor, *, role: str, email: str | None) -> Invited:
    """Make an invitation inside the caller's transaction; see ``invite``."""
    inputs = Inputs()
    given = inputs.take("role", role, clean_role)
    email = inputs.take("email", email, optional(lambda text: _clean_invitee(actor, text)))
    inputs.refuse()
    if given == Role.OWNER:
        require_owner_in_person(actor)
    if Organization.objects.filter(pk=actor.organization_id, deleted_at__isnull=False).exists():
        raise NoSuchAddress("There is no such organization any more.")
    mark = _make_mark()
    invitation = Invitation.objects.create(
        organization_id=actor.organization_id,
        role=given,
        email=email,
        digest=_digests(mark)[0],
        inviter_id=actor.id if actor.kind in {Kind.USER, Kind.STAFF} else None,
        inviter_name=actor.name,
        expires_at=timezone.now() + LIFETIME,
    )
    changes = {"role": (None, str(given)), "email": (None, email)}
    emit(actor, "invitation.created", invitation, changes)
    return Invited(invitation, mark)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def revoke_invitation(actor: Actor, invitation: Invitation) -> bool:
    """Make an invitation worthless; False, and nothing happens, when it is over already.

    Raises:
        MissingScope, NoSuchAddress: the actor may not manage this organization's members.
    """
    actor.require(_SCOPE)
    actor.require_home(invitation.organization_id)
    lock_members(invitation.organization)
    actor = actor.held_with(_SCOPE)
    now = timezone.now()
    rows = Invitation.objects.for_actor(actor).pending(now).filter(pk=invitation.pk)
    is_revoked = bool(rows.update(revoked_at=now))
    if is_revoked:
        emit(actor, "invitation.revoked", invitation)
    return is_revoked


def open_invitation(mark: str) -> Invitation:
    """Return what the mark of a link stands for.

    Raises:
        InvitationOver: nothing; one answer for all that can be the matter.
    """
    invitation = _found(mark)
    if not invitation.is_pending(timezone.now()) or not _is_worth_something(invitation):
        raise InvitationOver
    return invitation


def is_known(invitation: Invitation) -> bool:
    """Say whether the address that an invitation was sent to has an account: who signs in."""
    return User.objects.filter(email=invitation.email).exists() if invitation.email else False


@repeated_on_deadlock
@transaction.atomic(durable=True)
def accept_invitation(origin: Origin, mark: str, user: User) -> Membership:
    """Make somebody who has an account a member, and use the invitation up.

    Raises:
        InvitationOver: see ``open_invitation``; also for who was removed after it was made.
        NotAllowed: they are a member already; the link stays good.
        NoIdentity: they were deactivated meanwhile.
    """
    invitation = _take(mark)
    held = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
    if held is None:
        raise NoIdentity(sent=True)
    known = Membership.objects.filter(organization=invitation.organization, user=held).first()
    if known is not None and known.removed_at is None:
        raise NotAllowed("You are a member of this organization already.")
    if known is not None and known.removed_at and known.removed_at >= invitation.created_at:
        raise InvitationOver
    return _join(origin, invitation, held)


def accept_as_newcomer(
    origin: Origin, mark: str, *, email: str, name: str, password: str
) -> Membership:
    """Make a new person a member, and use the invitation up; all of it or nothing.

    Args:
        email: counts only where the invitation was sent to no address.

    Raises:
        InvitationOver: see ``open_invitation``.
        InvalidRequest: a value is not allowed, or the address has an account: whose it is
            signs in first.
        Throttled: too many tries with this invitation.
    """
    count_try(NEWCOMERS, str(open_invitation(mark).pk))
    return _take_newcomer(origin, mark, email, name, password)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def _take_newcomer(origin: Origin, mark: str, email: str, name: str, password: str) -> Membership:
    invitation = _take(mark)
    email = canonical_email(invitation.email or email)
    system = Actor.system(invitation.organization_id)
    teller = replace(system, request_id=origin.request_id, address=origin.address)
    if User.objects.filter(email=email).exists():
        raise _known()
    person = place_user(teller, email=email, name=name, password=password)
    if not person.created:  # somebody was faster; nothing of theirs stays changed
        raise _known()
    return _join(origin, invitation, person.user)


def _join(origin: Origin, invitation: Invitation, user: User) -> Membership:
    """Give ``user`` the place, inside the caller's transaction."""
    organization, role = invitation.organization, Role(invitation.role)
    # They act with the role that they are given: it was an owner who gave an owner's.
    place = Membership(user=user, organization=organization, role=role)
    actor = logged_actor(origin, place)
    membership = place_member(actor, organization, user, role)
    emit(actor, "invitation.accepted", invitation, {"role": (None, str(role))})
    return membership


def _take(mark: str) -> Invitation:
    """Use an invitation up, inside the caller's transaction: of two at once, one gets it."""
    invitation = _found(mark)
    lock_members(invitation.organization)
    now = timezone.now()
    if not Invitation.objects.pending(now).filter(pk=invitation.pk).update(accepted_at=now):
        raise InvitationOver
    invitation.organization.refresh_from_db()
    if not _is_worth_something(invitation):
        raise InvitationOver
    return invitation


def _is_worth_something(invitation: Invitation) -> bool:
    """Say whether its organization is live, and its inviter could still make it."""
    if not invitation.organization.is_live:
        return False
    if invitation.inviter_id is None or _made_by_member(invitation):
        return True
    return invitation.inviter is not None and may(invitation.inviter, Act.MANAGE_MEMBERS)


def _made_by_member(invitation: Invitation) -> bool:
    """Say whether its inviter is a member who could make it now."""
    inviter = Membership.objects.filter(
        organization=invitation.organization,
        user=invitation.inviter,
        user__is_active=True,
        removed_at=None,
    ).first()
    if inviter is None or missing(SCOPES[Role(inviter.role)], [_SCOPE]):
        return False
    return invitation.role != Role.OWNER or inviter.role == Role.OWNER


def _found(mark: str) -> Invitation:
    rows = Invitation.objects.select_related("organization").filter(digest__in=_digests(mark))
    found = rows.first() if _is_ours(mark) else None
    if found is None:
        raise InvitationOver
    return found


def _make_mark() -> str:
    """Return what stands in the link: chance, and our own sign that we have made it."""
    chance = secrets.token_bytes(_CHANCE_BYTES)
    content = chance + _proof(key_ring().first, chance)
    return f"wdi_{base64.urlsafe_b64encode(content).decode().rstrip('=')}"


def _is_ours(mark: str) -> bool:
    """Say whether a mark was made here, before the database is asked for it."""
    found = _MARK.fullmatch(mark)
    if found is None:
        return False
    content = base64.urlsafe_b64decode(f"{found[1]}==")
    chance, proof = content[:_CHANCE_BYTES], content[_CHANCE_BYTES:]
    made = [_proof(key, chance) for key in key_ring()]
    matching = [hmac.compare_digest(one, proof) for one in made]
    return any(matching)


def _proof(key: ServerKey, chance: bytes) -> bytes:
    return key.mac("invitation mark", chance)[:_PROOF_BYTES]


def _digests(mark: str) -> list[bytes]:
    return [key.mac("invitations", mark.encode()) for key in key_ring()]


def _clean_invitee(actor: Actor, text: str) -> str:
    email = clean_email(text)
    if Membership.objects.for_actor(actor).filter(user__email=email).exists():
        raise BadInput({"": "is a member already"})
    return email


def _known() -> DomainError:
    message = "has an account already: sign in with it, then open the link again"
    return invalid([Fault(location="body.email", message=message)])
