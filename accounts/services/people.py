"""People with a local login."""

import uuid
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.inputs import BadInput, Inputs, clean_email, clean_name, optional
from accounts.models import User


@dataclass(frozen=True, slots=True)
class EnsuredUser:
    """What an idempotent command left behind: the person, and what it made or set."""

    user: User
    created: bool
    password_set: bool


@transaction.atomic(durable=True)
def ensure_user(*, email: str, name: str | None, password: str | None) -> EnsuredUser:
    """Make sure that a person with this e-mail address exists; see ``place_user``."""
    return place_user(email=email, name=name, password=password)


def place_user(*, email: str, name: str | None, password: str | None) -> EnsuredUser:
    """Make sure, inside the caller's transaction, that a person with this address exists.

    Somebody who is there already keeps their name, and their password if they have one.

    Args:
        password: None makes a login that has none yet; a later call can give it one.

    Raises:
        InvalidRequest: a value is not allowed, or the password is too easy to guess.
    """
    inputs = Inputs()
    email = inputs.take("email", email, clean_email)
    name = inputs.take("name", name, optional(clean_name))
    inputs.refuse()
    known = User.objects.select_for_update().filter(email=email).first()
    if known is not None and (password is None or known.has_usable_password()):
        return EnsuredUser(known, created=False, password_set=False)
    called = known.name if known else name
    inputs.take("password", password, optional(lambda text: clean_password(text, email, called)))
    inputs.refuse()
    if known is not None:
        known.set_password(password)
        known.save(update_fields=["password", "password_changed_at"])
        return EnsuredUser(known, created=False, password_set=True)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, id=uuid.uuid4(), name=name or "")
    except IntegrityError:  # another process was first
        return place_user(email=email, name=name, password=password)
    return EnsuredUser(user, created=True, password_set=password is not None)


def clean_password(text: str, email: str, name: str | None) -> str:
    """Return a password that Django's validators accept for this person."""
    try:
        validate_password(text, User(email=email, name=name or ""))
    except ValidationError as fault:
        raise BadInput({"": " ".join(fault.messages)}) from None
    return text
