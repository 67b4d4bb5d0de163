"""People with a local login. They stand outside organizations; what is told of them does not.

An audit line stands in an organization, so what happens to a person is told in the one at
hand, and a new password in each that the person is a member of
(``docs/decisions/0006-what-the-audit-log-records.md``).
"""

import uuid
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import emit
from accounts.inputs import BadInput, Inputs, clean_email, clean_name, optional
from accounts.models import Membership, RefreshFamily, Session, User
from accounts.services.deadlocks import repeated_on_deadlock


class Person:
    """What the audit log calls a person: by id, and for a slug by e-mail address, else by name."""

    def __init__(self, user: User) -> None:
        self.id = user.id
        self.slug = user.email or user.name or None


@dataclass(frozen=True, slots=True)
class EnsuredUser:
    """What an idempotent command left behind: the person, and what it made or set."""

    user: User
    created: bool
    password_set: bool


@repeated_on_deadlock
@transaction.atomic(durable=True)
def set_password(user: User, password: str) -> User:
    """Set a password, whatever was before, for the operator in a shell; sessions end at once.

    Raises:
        InvalidRequest: the password is too easy to guess.
    """
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    inputs = Inputs()
    inputs.take("password", password, lambda text: clean_password(text, held.email, held.name))
    inputs.refuse()
    _give_password(None, held, password)
    return held


def place_user(actor: Actor, *, email: str, name: str | None, password: str | None) -> EnsuredUser:
    """Make sure, inside the caller's transaction, that a person with this address exists.

    Somebody who is there already keeps their name, and their password if they have one.
    What is made or set is told in the organization of ``actor``.

    Args:
        password: None makes a login that has none yet; a later call can give it one.

    Raises:
        InvalidRequest: a value is not allowed, or the password is too easy to guess.
    """
    inputs = Inputs()
    email = inputs.take("email", email, clean_email)
    name = inputs.take("name", name, optional(clean_name))
    inputs.refuse()
    known = User.objects.select_for_update(no_key=True).filter(email=email).first()
    if known is not None and (password is None or known.has_usable_password()):
        return EnsuredUser(known, created=False, password_set=False)
    called = known.name if known else name
    inputs.take("password", password, optional(lambda text: clean_password(text, email, called)))
    inputs.refuse()
    user = known or _create(actor, email, name or "")
    if user is None:  # another process was first
        return place_user(actor, email=email, name=name, password=password)
    if password is not None:
        _give_password(actor, user, password)
    return EnsuredUser(user, created=known is None, password_set=password is not None)


def _create(actor: Actor, email: str, name: str) -> User | None:
    """Return a new person without a password; None if there is somebody with this address."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, id=uuid.uuid4(), name=name)
    except IntegrityError:
        return None
    changes = {"email": (None, email), "name": (None, name or None)}
    emit(actor, "user.created", Person(user), changes)
    return user


def _give_password(actor: Actor | None, user: User, password: str) -> None:
    """Set the password of a person who is held, end what was signed in, and tell of it.

    Told in the organization of ``actor``, and in each that the person is a member of: whoever
    may act in their name there is not somebody that only another organization knows of.
    """
    put_password(user, password)
    homes = homes_of(user).values_list("organization_id", flat=True)
    tellers = {home: Actor.system(home) for home in homes}
    if actor is not None:
        tellers[actor.organization_id] = actor
    for teller in tellers.values():
        emit(teller, "user.password_set", Person(user))


def put_password(user: User, password: str) -> None:
    """Set the password of a person who is held, and end all that was signed in before."""
    user.set_password(password)
    user.save(update_fields=["password", "password_changed_at"])
    end_sign_ins(user)


def end_sign_ins(user: User) -> None:
    """End all that a person has signed in to, inside the transaction that tells why."""
    RefreshFamily.objects.filter(membership__user=user, ended_at=None).update(
        ended_at=timezone.now()
    )
    Session.objects.filter(user=user).delete()


def homes_of(user: User) -> QuerySet[Membership]:
    """Return a person's memberships in the organizations that are told what happens to them."""
    rows = Membership.objects.filter(user=user, removed_at=None, organization__deleted_at=None)
    return rows.order_by("organization_id")


def clean_password(text: str, email: str | None, name: str | None) -> str:
    """Return a password that Django's validators accept for this person."""
    try:
        validate_password(text, User(email=email, name=name or ""))
    except ValidationError as fault:
        raise BadInput({"": " ".join(fault.messages)}) from None
    return text
