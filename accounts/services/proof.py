"""Proving a password: counted before it is judged, in the same time for an absent person.

REST and the console both come here, so that no door guesses on the other's account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password

from accounts.counters import count
from accounts.errors import NoIdentity
from accounts.models import User
from accounts.names import canonical_email
from accounts.services.throttle import (
    SIGN_IN_BY_ACCOUNT,
    SIGN_IN_BY_ADDRESS,
    Limit,
    count_try,
    forget,
    give_back,
    place_of,
)

SIGN_IN_BY_BROWSER = Limit("sign-in by browser", 10, timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """A browser in which this person has signed in before; ``id`` is its own, by chance.

    It is known by a password: whoever collected browsers with an old one guesses the next as a
    stranger. ``password_changed_at`` says which it was.
    """

    id: str
    user_id: UUID
    password_changed_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """Who has proved their password, and the tries that were counted for it."""

    user: User
    counted: tuple[tuple[Limit, str], ...]

    def give_back(self) -> None:
        """Take the tries back, since nothing was guessed; earlier ones stay."""
        for limit, subject in self.counted:
            give_back(limit, subject)

    def settle(self) -> None:
        """Forget the tries of one who has signed in; an address keeps those of its others."""
        for limit, subject in self.counted:
            (give_back if limit is SIGN_IN_BY_ADDRESS else forget)(limit, subject)


def prove_password(
    address: str | None, email: str, password: str, browser: KnownBrowser | None = None
) -> Proof:
    """Return the active person whose password it is; the try stays counted until given back.

    Args:
        address: where the try comes from.
        browser: what the browser has shown of an earlier sign-in. For that person's e-mail
            address, tries in it count for it alone: nobody elsewhere can lock them out.

    Raises:
        Throttled: too many tries.
        NoIdentity: wrong, whatever is wrong; it takes as long for an absent person.
    """
    account = canonical_email(email)
    counted = _subjects(address, account, browser)
    for limit, subject in counted:
        count_try(limit, subject)
    user = _proved(account, password)
    if user is None:
        count("wardkey_sign_ins", "wrong")
        raise NoIdentity(sent=True)
    return Proof(user, counted)


def _subjects(
    address: str | None, account: str, browser: KnownBrowser | None
) -> tuple[tuple[Limit, str], ...]:
    """Return for whom a try is counted."""
    if browser is not None and _is_theirs(browser, account):
        return ((SIGN_IN_BY_BROWSER, f"{browser.user_id} {browser.id}"),)
    return ((SIGN_IN_BY_ADDRESS, place_of(address)), (SIGN_IN_BY_ACCOUNT, account))


def _is_theirs(browser: KnownBrowser, account: str) -> bool:
    rows = User.objects.filter(pk=browser.user_id, email=account, is_active=True)
    return rows.filter(password_changed_at=browser.password_changed_at).exists()


def _proved(account: str, password: str) -> User | None:
    """Return the active person whose password it is, in the same time for nobody."""
    user = User.objects.filter(email=account, is_active=True).first()
    if user is None or not user.has_usable_password():
        make_password(password)
        return None
    return user if user.check_password(password) else None
