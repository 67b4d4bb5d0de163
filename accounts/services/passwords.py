"""A person's own password: changed by who knows it, set anew by who reads their mail.

A link of a mail holds a sealed mark, and the database nothing of it: the mark names the
moment of the password that it was made for, so that it is good for one change.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from accounts.errors import Fault, NoIdentity, ResetOver, invalid
from accounts.inputs import Inputs
from accounts.models import User
from accounts.names import canonical_email
from accounts.request_errors import Throttled
from accounts.seals import seal, unseal
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.homes import tell_homes
from accounts.services.people import clean_password, put_password
from accounts.services.proof import KnownBrowser, prove_password
from accounts.services.sign_in import Origin
from accounts.services.throttle import Limit, count_try, place_of

LINK_LIFETIME = timedelta(hours=1)
RESET_BY_ACCOUNT = Limit("password reset by account", 5, timedelta(hours=1))
RESET_BY_ADDRESS = Limit("password reset by address", 20, timedelta(hours=1))

_LABEL = "password resets"


@dataclass(frozen=True, slots=True)
class Reset:
    """What the mail to ``user`` is to hold: the mark of a link."""

    user: User
    mark: str

    def __repr__(self) -> str:
        return f"<Reset of {self.user}>"


def confirm_password(
    origin: Origin, user: User, password: str, browser: KnownBrowser | None
) -> None:
    """Return if it is the password of a person who has signed in.

    Raises:
        Throttled: too many tries.
        InvalidRequest: it is another one.
    """
    try:
        prove_password(origin.address, user.email or "", password, browser).settle()
    except NoIdentity:
        fault = Fault(location="body.password", message="is not your password")
        raise invalid([fault]) from None


def change_password(
    origin: Origin, user: User, *, password: str, new: str, browser: KnownBrowser | None
) -> User:
    """Change a person's password, and end whatever is signed in, the session at hand too.

    Args:
        password: the one that they have now.

    Raises:
        Throttled: too many tries.
        InvalidRequest: ``password`` is not theirs, or ``new`` is too easy to guess.
    """
    confirm_password(origin, user, password, browser)
    return _change(origin, user, new)


def ask_for_reset(origin: Origin, email: str) -> Reset | None:
    """Return what to send to this address; None for nobody, or for who was sent enough.

    Nobody but the owner of the mailbox learns which it was.

    Raises:
        Throttled: too much is asked for from the caller's address.
    """
    account = canonical_email(email)
    count_try(RESET_BY_ADDRESS, place_of(origin.address))
    user = User.objects.filter(email=account, is_active=True).first()
    try:
        count_try(RESET_BY_ACCOUNT, account)
    except Throttled:
        return None
    mark = seal(_LABEL, _made_for(user or User()))  # as much work for nobody
    return None if user is None else Reset(user, mark)


def is_reset_good(mark: str) -> bool:
    """Say whether a password can be set by this mark at the moment."""
    return _person_of(mark, hold=False) is not None


@repeated_on_deadlock
@transaction.atomic(durable=True)
def reset_password(origin: Origin, mark: str, new: str) -> User:
    """Set a password by the mark of a mail's link, and end whatever is signed in; return whose.

    Raises:
        ResetOver: the mark is not good (any more).
        InvalidRequest: the password is too easy to guess; the mark stays good.
    """
    held = _person_of(mark, hold=True)
    if held is None:
        raise ResetOver
    _put(origin, held, new, by="mail")
    return held


@repeated_on_deadlock
@transaction.atomic(durable=True)
def _change(origin: Origin, user: User, new: str) -> User:
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not held.is_active or held.password_changed_at != user.password_changed_at:
        raise NoIdentity(sent=True)
    _put(origin, held, new, by="password")
    return held


def _put(origin: Origin, held: User, new: str, *, by: str) -> None:
    inputs = Inputs()
    inputs.take("new", new, lambda text: clean_password(text, held.email, held.name))
    inputs.refuse()
    put_password(held, new)
    tell_homes(origin, held, "user.password_set", {"by": (None, by)})


def _made_for(user: User) -> bytes:
    return json.dumps([str(user.pk), user.email, user.password_changed_at.isoformat()]).encode()


def _person_of(mark: str, *, hold: bool) -> User | None:
    """Return the active person for whom a mark is good now."""
    content = unseal(_LABEL, mark, lifetime=LINK_LIFETIME)
    if content is None:
        return None
    rows = User.objects.select_for_update(no_key=True) if hold else User.objects.all()
    user = rows.filter(pk=json.loads(content)[0], is_active=True).first()
    return user if user is not None and _made_for(user) == content else None
