"""The stash: a secret waits for the page that shows it once (``contract.md`` section 5).

The browser is sent from the form to a page of its own, so the secret has to survive one
redirect: sealed in the database, for five minutes, for one session, and gone when it is read.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.keys import key_ring
from accounts.models import ServiceAccount
from accounts.seals import seal, unseal
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.once import Once
from tokens.models import StashedSecret, Token
from tokens.secret import TokenSecret
from tokens.services.issue import NewToken, make_token

logger = logging.getLogger("wardkey.stash")

LIFETIME = timedelta(minutes=5)

_LABEL, _SESSION = "stash", "stash sessions"


@repeated_on_deadlock
@transaction.atomic(durable=True)
def issue_to_page(
    actor: Actor, account: ServiceAccount, asked: NewToken, session_key: str, once: Once
) -> Token:
    """Create a token whose secret ``take_secret`` hands to the same session, once.

    The token and its stashed secret are there both, or neither. A repeat of ``once`` stashes
    nothing: what the first request stashed may still wait.

    Raises:
        See ``issue_token``.
    """
    actor.require("write:tokens", on=account)
    issued = make_token(actor, account, asked, once)
    if issued.secret is not None:
        StashedSecret.objects.create(
            token=issued.token,
            session=_marks(session_key)[0],
            sealed=seal(_LABEL, str(issued.secret).encode("ascii")),
            expires_at=timezone.now() + LIFETIME,
        )
    return issued.token


@repeated_on_deadlock
@transaction.atomic(durable=True)
def take_secret(actor: Actor, token: Token, session_key: str) -> TokenSecret | None:
    """Take a token's secret out of the stash: of all who ask, one gets it.

    None for another session, for a second time, after five minutes, and for a token that is
    revoked meanwhile.
    """
    actor.require("write:tokens", on=token)
    rows = StashedSecret.objects.filter(
        token=token, session__in=_marks(session_key), expires_at__gt=timezone.now()
    )
    stashed = rows.filter(token__revoked_at=None).first()
    if stashed is None:
        return None
    content = unseal(_LABEL, stashed.sealed)
    if content is None:  # the row stays, and says that nobody saw the secret
        logger.error("a stashed secret cannot be opened: its server key is not loaded")
        return None
    # The database lets one delete the row; whoever comes second has deleted nothing.
    deleted, _ = rows.delete()
    return TokenSecret.parse(content.decode("ascii")) if deleted else None


def forget_unread() -> int:
    """Wipe the secrets whose time is over, and return how many; that they were, stays."""
    over = StashedSecret.objects.filter(expires_at__lte=timezone.now()).exclude(sealed="")
    return over.update(sealed="") if over.exists() else 0


def _marks(session_key: str) -> list[str]:
    """Return what a session is known by here, under each loaded server key, the first first."""
    return [key.mac(_SESSION, session_key.encode()).hex() for key in key_ring()]
