"""People from outside: known by (issuer, subject), members of organizations like others.

An e-mail address that an issuer tells never joins them to a local account
(``contract.md`` section 7).
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.actor import Actor
from accounts.errors import Fault, invalid
from accounts.events import emit
from accounts.inputs import BadInput, Inputs, clean_email, clean_name, optional
from accounts.issuers.reading import LONGEST_SUBJECT, Claimed
from accounts.issuers.trust import LONGEST_ISSUER
from accounts.models import ExternalIdentity, Membership, Organization, User
from accounts.names import has_control
from accounts.redaction import holds_secret
from accounts.roles import Role
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.memberships import lock_members, place_member
from accounts.services.people import Person
from accounts.services.sign_in import Origin, logged_actor


@dataclass(frozen=True, slots=True)
class _Placed:
    """A person from outside, and whether the call has made them."""

    user: User
    created: bool


def membership_claimed(origin: Origin, claimed: Claimed) -> Membership | None:
    """Return the live membership that a good JWT of a trusted issuer speaks of.

    Who is not known yet is taken in where the issuer's configuration says so; everything
    else only reads. None for whoever has no access: the organization is not one that the
    issuer may speak for, or not live; the person was removed, or deactivated.
    """
    organization = _claimed_organization(claimed)
    if organization is None:
        return None
    membership = (
        Membership.objects.select_related("user", "organization")
        .filter(
            organization=organization,
            user__identities__issuer=claimed.issuer.issuer,
            user__identities__subject=claimed.subject,
        )
        .first()
    )
    if membership is None and claimed.issuer.create_members:
        membership = _see_first(origin, claimed, organization.id)
    if membership is None or membership.removed_at is not None or not membership.user.is_active:
        return None
    return membership


@repeated_on_deadlock
@transaction.atomic(durable=True)
def take_in_outsider(
    actor: Actor,
    organization: Organization,
    role: Role,
    *,
    issuer: str,
    subject: str,
    name: str | None = None,
    email: str | None = None,
) -> Membership:
    """Make sure that whom ``issuer`` calls ``subject`` exists and is a member with ``role``.

    Somebody who is there already keeps their name. They get no login.

    Args:
        email: what a new person without a ``name`` is called; it joins them to nobody.

    Raises:
        InvalidRequest: a value is not allowed, or the issuer is this installation itself.
        MissingScope, NoSuchAddress, NotAllowed, LastOwner: see ``add_member``.
    """
    actor.require("write:memberships")
    actor.require_home(organization.id)
    inputs = Inputs()
    issuer = inputs.take("issuer", issuer, lambda text: _clean_identifier(text, LONGEST_ISSUER))
    subject = inputs.take("subject", subject, lambda text: _clean_identifier(text, LONGEST_SUBJECT))
    name = inputs.take("name", name, optional(clean_name))
    email = inputs.take("email", email, optional(clean_email))
    inputs.refuse()
    if issuer == settings.WARDKEY_JWT_ISSUER:
        raise invalid([Fault(location="body.issuer", message="is this installation itself")])
    lock_members(organization)
    actor = actor.held_with("write:memberships")
    placed = _place_outsider(issuer, subject, name or email or "")
    if placed.created:
        _tell_made(actor, placed.user, issuer, subject)
    return place_member(actor, organization, placed.user, role)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def _see_first(origin: Origin, claimed: Claimed, organization_id: UUID) -> Membership | None:
    """Make the person a member, or return the membership that there is, ended or not.

    The organization's lock lets one first sight happen at a time.
    """
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    if not organization.is_live:
        return None
    issuer, subject = claimed.issuer.issuer, claimed.subject
    placed = _place_outsider(issuer, subject, _called(claimed))
    if not placed.user.is_active:
        return None
    role = claimed.issuer.default_role
    membership, is_new = Membership.objects.select_related("user", "organization").get_or_create(
        organization=organization, user=placed.user, defaults={"role": role}
    )
    actor = logged_actor(origin, membership)
    if placed.created:
        _tell_made(actor, placed.user, issuer, subject)
    if is_new:
        changes = {"role": (None, str(role)), "issuer": (None, issuer)}
        emit(actor, "member.added", Person(placed.user), changes)
    return membership


def _place_outsider(issuer: str, subject: str, name: str) -> _Placed:
    """Return the person of this identity, made if need be, inside the caller's transaction."""
    rows = ExternalIdentity.objects.select_related("user")
    known = rows.filter(issuer=issuer, subject=subject).first()
    if known is not None:
        return _Placed(known.user, created=False)
    try:
        with transaction.atomic():
            user = User.objects.create_user(None, name=name)
            ExternalIdentity.objects.create(user=user, issuer=issuer, subject=subject)
    except IntegrityError:  # another organization's first sight of them, at the same moment
        return _Placed(rows.get(issuer=issuer, subject=subject).user, created=False)
    return _Placed(user, created=True)


def _tell_made(actor: Actor, user: User, issuer: str, subject: str) -> None:
    """Tell, in the actor's organization, of a new person and of the identity they have."""
    emit(actor, "user.created", Person(user), {"name": (None, user.name or None)})
    identity = {"issuer": (None, issuer), "subject": (None, subject)}
    emit(actor, "user.identity_linked", Person(user), identity)


def _claimed_organization(claimed: Claimed) -> Organization | None:
    """Return the live organization of the claim, if the issuer may speak for it."""
    by = "id" if isinstance(claimed.organization, UUID) else "external_id"
    rows = Organization.objects.filter(deleted_at=None, **{by: claimed.organization})
    found = rows.first()
    if found is None or not found.is_live or not claimed.issuer.speaks_for(found.id):
        return None
    return found


def _called(claimed: Claimed) -> str:
    """Return what a new person is called, by the first claim that can be used; or nothing."""
    for text, clean in ((claimed.name, clean_name), (claimed.email, clean_email)):
        try:
            if isinstance(text, str) and not _is_broken(text):
                return clean_name(clean(text))
        except BadInput:
            continue
    return ""


def _is_broken(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _clean_identifier(text: str, most: int) -> str:
    """Return an issuer or a subject, unchanged: they are compared exactly."""
    if not 1 <= len(text) <= most:
        raise BadInput({"": f"must be 1 to {most} characters"})
    if has_control(text) or text != text.strip():
        raise BadInput({"": "must not hold control characters, or spaces at its ends"})
    if holds_secret(text):
        raise BadInput({"": "holds a secret; revoke it and leave it out"})
    return text
