"""The signed identity of an answer, where the installation hands one out."""

import time
from contextlib import suppress

from django.conf import settings

from accounts.request_errors import Unavailable
from tokens.services.held_keys import HELD
from tokens.verify.forward import Signed, sign
from tokens.verify.snapshot import TokenSnapshot


def signed_identity(snapshot: TokenSnapshot) -> Signed | None:
    """Return the identity of a token that is good; None where ``WARDKEY_FORWARD_JWT`` is off.

    It asks no database and takes about 100 us, so it may be called on an event loop.

    Raises:
        Unavailable: there is nothing to sign with. It is never a verdict without the identity,
            or what a client has sent would stand in its place.
    """
    if not settings.WARDKEY_FORWARD_JWT:
        return None
    return sign(
        HELD.now().current,
        snapshot,
        time.time(),
        issuer=settings.WARDKEY_PUBLIC_URL,
        audience=settings.WARDKEY_FORWARD_JWT_AUDIENCE,
    )


def keep_keys() -> None:
    """Read the keys again if they are not fresh, where they are used; a round of every worker."""
    if settings.WARDKEY_FORWARD_JWT:
        with suppress(Unavailable):  # the log has told why
            HELD.fresh()
