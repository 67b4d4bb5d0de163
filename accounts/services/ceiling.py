"""The ceiling: nobody gives what they do not have (``contract.md`` section 2)."""

from collections.abc import Iterable, Sequence

from accounts.actor import Actor
from accounts.errors import Fault, ScopeNotHeld
from accounts.scopes import missing


def require_held(
    actor: Actor,
    granted: Iterable[str],
    *,
    asked: Sequence[str] | None = None,
) -> None:
    """Return if ``actor`` holds each of the scopes that a change would grant.

    ``asked`` is the list as the caller sent it, for the places in ``errors``; where
    the caller named none, the fault stands at the member itself.

    Raises:
        ScopeNotHeld: it lacks some; ``errors`` names each.
    """
    beyond = missing(actor.scopes, granted)
    if not beyond:
        return
    sent = list(asked or ())
    faults = [
        Fault(
            location=f"body.scopes[{sent.index(scope)}]" if scope in sent else "body.scopes",
            message="you do not hold this scope",
            value=scope,
        )
        for scope in beyond
    ]
    raise ScopeNotHeld("You cannot grant scopes that you do not hold.", faults)
