"""Tokens that a service changes, read again inside its transaction and held until its end."""

from accounts.actor import Actor
from tokens.errors import NoSuchToken
from tokens.models import Token


def lock_token(actor: Actor, token: Token) -> Token:
    """Return ``token`` as it is now, held against change.

    Raises:
        NoSuchToken: its account was deleted meanwhile, or it is another organization's.
    """
    rows = Token.objects.for_actor(actor).select_for_update(no_key=True, of=("self",))
    held = rows.filter(pk=token.pk).first()
    if held is None:
        raise no_such_token(token.slug)
    return held


def no_such_token(slug: str) -> NoSuchToken:
    """Return the refusal for a token that the account does not have."""
    return NoSuchToken(f'There is no token "{slug}" under this service account.')
