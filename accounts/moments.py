"""Moments, as they are told: on the wire, in messages, in the audit log. Pure."""

from datetime import UTC, datetime

_MILLISECOND = 1000


def to_the_millisecond(value: datetime) -> datetime:
    """Return the moment that ``timestamp`` tells of ``value``."""
    return value.replace(microsecond=value.microsecond // _MILLISECOND * _MILLISECOND)


def timestamp(value: datetime) -> str:
    """Return an aware time in RFC 3339, in UTC with ``Z``, with milliseconds where it has any."""
    moment = value.astimezone(UTC)
    precision = "milliseconds" if moment.microsecond >= _MILLISECOND else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
