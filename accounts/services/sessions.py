"""The console's sessions of a person: which there are, and how they end.

The table is written by the session engine (``accounts/sessions.py``).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.counters import count
from accounts.errors import NoIdentity, SecondFactorRequired
from accounts.keys import key_ring
from accounts.models import RefreshFamily, Session, User
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.homes import tell_homes
from accounts.services.second_factors import has_second_factor
from accounts.services.sign_in import Origin

if TYPE_CHECKING:
    from django.db.models import QuerySet

_LABEL = "sessions"


def digests_of(key: str) -> list[str]:
    """Return the digests under which a session with this key may stand: the first is today's."""
    return [each.mac(_LABEL, key.encode()).hex() for each in key_ring()]


def rows_of(key: str | None) -> "QuerySet[Session]":
    """Return the row of the session with this key, made under any loaded server key."""
    return Session.objects.filter(digest__in=digests_of(key) if key else [])


def sessions_of(user: User) -> "QuerySet[Session]":
    """Return a person's live sessions, the newest first. ``digest`` names one; it opens nothing."""
    rows = Session.objects.filter(user=user, expires_at__gt=timezone.now())
    return rows.order_by("-created_at", "digest")


def programs_of(user: User) -> "QuerySet[RefreshFamily]":
    """Return what a person's programs have begun over the REST API, and not ended."""
    now = timezone.now()
    return RefreshFamily.objects.filter(membership__user=user, ended_at=None, expires_at__gt=now)


@transaction.atomic(durable=True)
def begin_session(
    origin: Origin, user: User, by: str, begin: Callable[[], None], *, second_factor: bool
) -> None:
    """Have ``begin`` write a session of ``user``, and tell of it where they are a member.

    Args:
        user: as they were when they proved themselves; what counts is how they are now.
        by: what they have proved themselves by: ``password``, ``passkey`` or ``issuer``.
        second_factor: whether they have proved one, too.

    Raises:
        NoIdentity: they were deactivated meanwhile, or have another password.
        SecondFactorRequired: they have a second factor since.
    """
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not held.is_active or held.password != user.password:
        raise NoIdentity(sent=True)
    if not second_factor and has_second_factor(held):
        raise SecondFactorRequired(enrolled=True)
    begin()
    count("wardkey_sign_ins", "right")
    tell_homes(origin, user, "session.started", {"by": (None, by)})


@repeated_on_deadlock
@transaction.atomic(durable=True)
def end_session(origin: Origin, user: User, digest: str) -> bool:
    """End one session of a person; say whether there was one with this digest."""
    ended, _ = Session.objects.filter(user=user, digest=digest).delete()
    if ended:
        tell_homes(origin, user, "session.ended")
    return bool(ended)


def sign_out(origin: Origin, user: User, key: str | None) -> None:
    """End the session of a person that has this key."""
    row = rows_of(key).first()
    if row is not None:
        end_session(origin, user, row.digest)


@repeated_on_deadlock
@transaction.atomic(durable=True)
def end_other_sessions(origin: Origin, user: User, keep_key: str | None) -> int:
    """End all sessions of a person but the one with this key; None ends all. Return how many.

    What programs have begun over the REST API with the person's password ends too.
    """
    ended = drop_sessions(user, keep_key) + programs_of(user).update(ended_at=timezone.now())
    if ended:
        tell_homes(origin, user, "session.ended", {"sessions": (ended, 0)})
    return ended


def drop_sessions(user: User, keep_key: str | None = None) -> int:
    """End them inside the caller's transaction, which tells of what they end with."""
    kept = digests_of(keep_key) if keep_key else []
    ended, _ = Session.objects.filter(user=user).exclude(digest__in=kept).delete()
    return ended
