"""When a token ends, as a form asks for it: in so many days, on a day, or never.

Which ends are allowed is the services' to say; here is what is offered, and how it is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.unset import UNSET, Unset

DAYS = (7, 30, 90, 365)
USUAL = "90"
DATE, NEVER, LONGEST, KEEP = "date", "never", "longest", "keep"


class NoDate(ValueError):
    """What was typed is not a day of the calendar."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to end: ``value`` in the form, and its ``words``."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Expiry:
    """The ways that are offered, the one that is chosen, and the days that a date can be.

    ``longest`` is the longest life that the installation allows, in words.
    """

    offers: list[Offer]
    chosen: str
    first_day: date
    last_day: date | None
    longest: str


def expiry(chosen: str | None, *, born_at: datetime | None = None, keeps: bool = False) -> Expiry:
    """Return what a form offers for the end of a token.

    Args:
        chosen: what was chosen before; None begins with the usual way.
        born_at: when the token was made; None for one that is not made yet.
        keeps: whether the end that it has can be kept.
    """
    now = timezone.now()
    latest = _latest(born_at or now)
    offers = [Offer(KEEP, _("As it is"))] if keeps else []
    offers += [
        Offer(str(days), ngettext("%(n)s day", "%(n)s days", days) % {"n": days})
        for days in DAYS
        if latest is None or now + timedelta(days=days) <= latest
    ]
    if latest is not None and all(offer.value != USUAL for offer in offers):
        offers.append(Offer(LONGEST, _("As long as allowed")))
    first_day = timezone.localdate(now)
    last_day = None if latest is None else timezone.localdate(latest - timedelta(days=1))
    if last_day is None or last_day >= first_day:
        offers.append(Offer(DATE, _("Until a day")))
    if latest is None:
        offers.append(Offer(NEVER, _("Never")))
    known = [offer.value for offer in offers]
    found = next(value for value in (chosen, KEEP, USUAL, LONGEST) if value in known)
    return Expiry(
        offers=offers,
        chosen=found,
        first_day=first_day,
        last_day=last_day,
        longest=_in_words(settings.WARDKEY_MAX_TOKEN_LIFETIME),
    )


def read_end(typed: Mapping[str, str], born_at: datetime | None = None) -> datetime | Unset | None:
    """Return the end that a form asks for: None for never, UNSET to keep the one there is.

    A day is meant to its end, in the person's time zone.

    Raises:
        NoDate: a day was to be given, and is none.
    """
    choice = typed.get("expires") or NEVER
    if choice == KEEP:
        return UNSET
    if choice == NEVER:
        return None
    if choice != DATE:
        return _end(choice, born_at, timezone.now())
    try:
        last = date.fromisoformat(typed.get("expires_on") or "")
        return timezone.make_aware(datetime.combine(last + timedelta(days=1), time()))
    except (ValueError, OverflowError):
        raise NoDate from None


def _end(choice: str, born_at: datetime | None, now: datetime) -> datetime | None:
    """Return when a way of so many days ends, or the longest; whole seconds, as limits are."""
    if choice == LONGEST:
        return _latest(born_at or now)
    days = int(choice) if choice in map(str, DAYS) else 0
    return (now + timedelta(days=days)).replace(microsecond=0)


def _in_words(span: timedelta | None) -> str:
    """Return a span in the largest unit that tells it whole, or in minutes; nothing for None."""
    if span is None:
        return ""
    minutes = int(span.total_seconds() // 60)
    if minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def _latest(born_at: datetime) -> datetime | None:
    longest = settings.WARDKEY_MAX_TOKEN_LIFETIME
    return None if longest is None else (born_at + longest).replace(microsecond=0)
