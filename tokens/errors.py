"""The refusals of tokens; see ``accounts/errors.py`` for how they are written."""

from accounts.errors import DomainError


class NoSuchToken(DomainError):
    """The service account has no token with this slug, or it has been revoked already.

    A revoke that answers 404 is done: the token authenticates nothing.
    """

    code = "Token.NotFound"
    page = "token-not-found"
    status = 404


class NameTaken(DomainError):
    """The service account has a token with this name that is not revoked.

    Choose another name, or revoke that token first.
    """

    code = "CreateToken.Conflict"
    page = "token-name-taken"
    status = 409


class SlugTaken(DomainError):
    """The service account has, or once had, a token with this slug.

    A token's slug is its own for ever. Choose another, or leave it out to have one made.
    """

    code = "CreateToken.SlugConflict"
    page = "token-slug-taken"
    status = 409


class TokenEnded(DomainError):
    """The token is revoked or expired, so it cannot be changed any more.

    Create a new token.
    """

    code = "Token.Ended"
    page = "token-ended"
    status = 409


class LifeNotHeld(DomainError):
    """A token gives no longer life than its own: what it creates or extends ends no later.

    Ask for an earlier `expiresAt`, or use a credential that lives longer.
    """

    code = "Token.LifeNotHeld"
    page = "life-not-held"
    status = 403


class NoSelfChange(DomainError):
    """A token changes nothing about itself; it may only revoke itself.

    Use another credential.
    """

    code = "Token.SelfChange"
    page = "self-change"
    status = 403
