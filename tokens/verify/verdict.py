"""judge(): whether a token is good. Pure, and the only place where that is decided."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.scopes import missing
from tokens.verify.snapshot import CallFacts, TokenSnapshot


class Reason(StrEnum):
    """Why a verdict is what it is. Towards strangers all but the last two look the same."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    ACCOUNT_OFF = "account_off"
    ORGANIZATION_GONE = "organization_gone"
    SCOPE_MISSING = "scope_missing"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a token; ``snapshot`` is there once the token is known.

    ``lacking`` holds the scopes that were needed and are missing.
    """

    reason: Reason
    snapshot: TokenSnapshot | None = None
    lacking: tuple[str, ...] = ()


def judge(snapshot: TokenSnapshot | None, facts: CallFacts, now: datetime) -> Verdict:
    """Return the verdict at ``now``, a moment of the clock that ``snapshot`` was read by.

    The instant of expiry itself is refused.
    """
    if snapshot is None:
        return Verdict(Reason.UNKNOWN)
    ends = (
        (snapshot.is_revoked, Reason.REVOKED),
        (snapshot.expires_at is not None and snapshot.expires_at <= now, Reason.EXPIRED),
        (not snapshot.account_is_on, Reason.ACCOUNT_OFF),
        (not snapshot.organization_is_live, Reason.ORGANIZATION_GONE),
    )
    for holds, reason in ends:
        if holds:
            return Verdict(reason, snapshot)
    wanting = lacking(snapshot.scopes, facts)
    if wanting:
        return Verdict(Reason.SCOPE_MISSING, snapshot, wanting)
    return Verdict(Reason.GOOD, snapshot)


def lacking(scopes: Collection[str], facts: CallFacts) -> tuple[str, ...]:
    """Return which of the scopes that are needed are not among those held, in their order."""
    known = [scope for scope in facts.scopes if scope not in facts.unknown]
    wanting = facts.unknown.union(missing(scopes, known))
    return tuple(scope for scope in facts.scopes if scope in wanting) if wanting else ()
