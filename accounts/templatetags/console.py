"""What the console's templates are made of: keys, times in words, scopes, fields."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import npgettext

from accounts.moments import timestamp
from accounts.web.role_words import role_words

register = template.Library()

_KEY = (
    '<svg class="key" width="{}" height="{}" viewBox="0 0 44 16" fill="none" stroke="currentColor"'
    ' stroke-width="1.4" stroke-linejoin="round" aria-hidden="true"><circle cx="7.5" cy="8" r="6"/>'
    '<circle cx="6" cy="8" r="1.4"/><path d="M14 5.5H40.5L43 8L41 10.5{}L14 10.5Z"/></svg>'
)
YEAR, MONTH, DAYS_COUNTED = 365, 30.44, 60
"""In days: what a year and a month are in words, and up to where days are counted."""

_DEPTHS = (9.0, 10.5, 12.0, 13.5)
_CUTS = (38.8, 34.4, 30.0, 25.6, 21.2, 16.8)
"""Where the cuts of a key begin, from its tip; each is 2 wide."""


def _counted(minutes: int) -> str | None:
    """Return a span in words, rounded in the unit that suits it; None below a minute.

    They stand after "in" or before "ago", which in other languages gives them an ending.
    """
    hours, days = round(minutes / 60), round(minutes / 60 / 24)
    months, years = round(days / MONTH), round(days / YEAR)
    if days >= YEAR - MONTH:
        return npgettext("away", "%(n)s year", "%(n)s years", years) % {"n": years}
    if days > DAYS_COUNTED:
        return npgettext("away", "%(n)s month", "%(n)s months", months) % {"n": months}
    if hours >= 24:  # noqa: PLR2004 - of a day
        return npgettext("away", "%(n)s day", "%(n)s days", days) % {"n": days}
    if minutes >= 60:  # noqa: PLR2004 - of an hour
        return npgettext("away", "%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    if minutes:
        return npgettext("away", "%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return None


@register.simple_tag
def key(prefix: str, width: int = 44) -> SafeString:
    """Return a token's key: six cuts from a hash of its prefix, so that two look different."""
    digest = hashlib.sha256(prefix.encode()).digest()
    cuts = "".join(
        f"L{at} {_DEPTHS[byte % 4]}L{at - 2} {_DEPTHS[byte % 4]}"
        for at, byte in zip(_CUTS, digest, strict=False)
    )
    return format_html(_KEY, width, round(width * 16 / 44), cuts)


@register.simple_tag
def moment(at: datetime | None, absent: str = "") -> str:
    """Return a time in words, with the exact one at hand; ``absent`` where there is none."""
    return absent if at is None else _time(at, in_words(at))


@register.simple_tag
def day(at: datetime) -> SafeString:
    """Return the date of a time, with the exact time at hand."""
    return _time(at, format_date(_local(at), _("j M Y")))


@register.simple_tag
def clock(at: datetime) -> SafeString:
    """Return the time of day, with the exact time at hand; for lists that stand by day."""
    return _time(at, format_date(_local(at), "H:i:s"))


@register.filter
def role(name: str) -> str:
    """Return what a role is called."""
    return role_words(name)


def _local(at: datetime) -> datetime:
    """Return a time where the reader lives; in UTC where their calendar would end before it."""
    try:
        return timezone.localtime(at)
    except OverflowError:
        return at


def _time(at: datetime, shown: str) -> SafeString:
    exact = format_date(_local(at), _("j M Y, H:i:s e"))
    return format_html('<time datetime="{}" title="{}">{}</time>', timestamp(at), exact, shown)


def in_words(at: datetime) -> str:
    """Return how far ``at`` is from now, rounded."""
    away = at - timezone.now()
    is_ahead = away > timedelta()
    span = _counted(round(abs(away).total_seconds() / 60))
    if span is None:
        return _("in a moment") if is_ahead else _("just now")
    return (_("in %(span)s") if is_ahead else _("%(span)s ago")) % {"span": span}


@register.inclusion_tag("includes/chips.html")
def chips(scopes: Sequence[str], most: int = 0) -> dict[str, Any]:
    """Show scopes, at most ``most`` of them (0 for all), and how many more there are."""
    shown = list(scopes[:most] if most else scopes)
    return {"scopes": shown, "more": len(scopes) - len(shown)}


@register.inclusion_tag("includes/field.html")
def field(
    bound: Any, hint: str = "", *, optional: bool = False, mono: bool = False
) -> dict[str, Any]:
    """Show one field of a form: its label, its input, a hint, and what is wrong with it."""
    attrs = bound.field.widget.attrs
    described = [f"{bound.auto_id}-hint"] if hint else []
    if bound.errors:
        described.insert(0, f"{bound.auto_id}-error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    attrs["class"] = f"{attrs.get('class', 'input')}{' mono' if mono else ''}"
    return {"field": bound, "hint": hint, "optional": optional}


@register.inclusion_tag("includes/nav_link.html", takes_context=True)
def nav_link(
    context: Any, address: str, words: str, icon_name: str, also: str = ""
) -> dict[str, Any]:
    """Show one link of the navigation; it is marked on its own page and all below it.

    Args:
        also: another address where, and below which, it is marked.
    """
    path = context["request"].path
    places = [place.rstrip("/") for place in (address, also) if place]
    return {
        "address": address,
        "words": words,
        "icon": icon_name,
        "is_current": any(path == place or path.startswith(f"{place}/") for place in places),
    }
