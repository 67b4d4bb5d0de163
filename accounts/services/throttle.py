"""Limits on guessing: tries are counted in one table, across workers and restarts.

A try is counted before it is judged, by one atomic statement, so that many at once
count as many. A right one gives its try back. Who has had all tries is refused before any
password is hashed, the right one too. What is limited, and what not:
``docs/decisions/0005-only-passwords-are-limited.md``.
"""

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.keys import key_ring
from accounts.models import Attempt
from accounts.request_errors import Throttled


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``tries`` in each ``window`` by one subject of this kind."""

    kind: str
    tries: int
    window: timedelta


SIGN_IN_BY_ACCOUNT = Limit("sign-in by account", 10, timedelta(minutes=15))
SIGN_IN_BY_ADDRESS = Limit("sign-in by address", 50, timedelta(minutes=15))

_COUNT = """
INSERT INTO accounts_attempt (subject, tries, window_ends_at) VALUES (%s, 1, %s)
ON CONFLICT (subject) DO UPDATE SET
  tries = CASE WHEN accounts_attempt.window_ends_at <= %s THEN 1
               ELSE accounts_attempt.tries + 1 END,
  window_ends_at = CASE WHEN accounts_attempt.window_ends_at <= %s THEN excluded.window_ends_at
                        ELSE accounts_attempt.window_ends_at END
RETURNING tries, window_ends_at
"""


def count_try(limit: Limit, subject: str) -> None:
    """Count one try by ``subject``.

    Raises:
        Throttled: it has had its tries; says after how many seconds the next is heard.
    """
    now = timezone.now()
    ends, begins = _adapt(now + limit.window), _adapt(now)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [_digest(limit, subject), ends, begins, begins])
        tries, ends_at = cursor.fetchone()
    if tries > limit.tries:
        raise _throttled(_moment(ends_at), now)


def require_tries_left(limit: Limit, subject: str) -> None:
    """Refuse a ``subject`` that has had its tries, without counting one.

    For a door that knows who asks before it has read what they ask. Nobody may take it for
    the count: many at once would all pass here.

    Raises:
        Throttled: says after how many seconds the next try is heard.
    """
    now = timezone.now()
    rows = Attempt.objects.filter(subject=_digest(limit, subject), tries__gte=limit.tries)
    ends_at = rows.filter(window_ends_at__gt=now).values_list("window_ends_at", flat=True).first()
    if ends_at is not None:
        raise _throttled(ends_at, now)


def place_of(address: str | None) -> str:
    """Return whom the tries from ``address`` are counted for.

    One IPv6 customer has 2**64 addresses, so its whole /64 counts as one. Where an IPv4 address
    is written as IPv6 (``::ffff:192.0.2.1``), it counts as itself.
    """
    if address is None:
        return "unknown"
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def give_back(limit: Limit, subject: str) -> None:
    """Take the try back that was counted for one who turned out to be right."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_attempt SET tries = tries - 1 WHERE subject = %s AND tries > 0",
            [_digest(limit, subject)],
        )


def forget(limit: Limit, subject: str) -> None:
    """Forget the tries of a subject that has proved itself."""
    Attempt.objects.filter(subject=_digest(limit, subject)).delete()


def _throttled(ends_at: datetime, now: datetime) -> Throttled:
    return Throttled(max(1, math.ceil((ends_at - now).total_seconds())))


def _digest(limit: Limit, subject: str) -> str:
    return key_ring().first.mac("attempts", f"{limit.kind}\n{subject}".encode()).hex()


def _adapt(moment: datetime) -> str | datetime | None:
    """Return ``moment`` as this database's driver takes it in a statement of our own."""
    return connection.ops.adapt_datetimefield_value(moment)


def _moment(value: datetime | str) -> datetime:
    """Return what this database's driver gave for a moment, as an aware one."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else timezone.make_aware(moment)
