"""How long a token may live. Pure."""

from datetime import datetime, timedelta

from accounts.moments import timestamp


def lifetime_fault(
    expires_at: datetime | None, *, now: datetime, born_at: datetime, longest: timedelta | None
) -> str | None:
    """Return what is wrong with a token's end, None if nothing is.

    Args:
        expires_at: aware; None for no end.
        born_at: when the token was, or is being, created.
        longest: the longest life that the installation allows; None for any.
    """
    latest = None if longest is None else (born_at + longest).replace(microsecond=0)
    if expires_at is None:
        return None if latest is None else f"is required here; the latest is {timestamp(latest)}"
    if expires_at <= now:
        return "must be in the future"
    if latest is not None and expires_at > latest:
        return f"must be at most {timestamp(latest)}"
    return None
