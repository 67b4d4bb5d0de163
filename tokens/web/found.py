"""The service account and the token that an address names, and what pages tell of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.actor import Actor
from accounts.models import Membership, ServiceAccount
from accounts.scopes import missing
from accounts.services.locks import no_such_account
from tokens.models import Token
from tokens.querysets import Tally, TokenQuerySet
from tokens.services.locks import no_such_token
from tokens.status import Status, was_used_lately

SOON = timedelta(days=7)
"""How long before its end a token is shown as expiring soon."""

COUNTED, COUNTED_OF_ONE = 200, 1_000
"""Tokens of each account that the list, and an account's own page, look at to count them. Looking
up the last use of each takes PostgreSQL 4 ms for a thousand; the list does it for ``ROWS``."""


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as pages show it, at a moment."""

    token: Token
    status: Status
    ends_soon: bool
    is_in_use: bool
    maker_has_left: bool

    @property
    def is_live(self) -> bool:
        """Whether it can be changed and revoked: it has not ended."""
        return self.status in {Status.ACTIVE, Status.DISABLED}


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A service account as the list shows it."""

    account: ServiceAccount
    tally: Tally
    ends_soon: bool


def find_account(actor: Actor, slug: str) -> ServiceAccount:
    """Return the account with this slug; raises NoSuchAccount where there is none."""
    found = ServiceAccount.objects.for_actor(actor).filter(slug=slug).first()
    if found is None:
        raise no_such_account(slug)
    return found


def tokens_of(actor: Actor, account: ServiceAccount) -> TokenQuerySet:
    """Return the account's tokens."""
    return Token.objects.for_actor(actor).filter(service_account=account)


def find_token(actor: Actor, account: ServiceAccount, slug: str) -> Token:
    """Return the account's token with this slug; raises NoSuchToken where there is none."""
    found = tokens_of(actor, account).filter(slug=slug).first()
    if found is None:
        raise no_such_token(slug)
    return found


def token_lines(actor: Actor, tokens: Iterable[Token], now: datetime) -> list[TokenLine]:
    """Return the tokens as they are shown at ``now``; one query for all who made them."""
    listed = list(tokens)
    gone = Membership.objects.who_left(actor, {token.created_by_id for token in listed})
    return [
        TokenLine(
            token=token,
            status=token.status(now),
            ends_soon=_is_soon(token.expires_at, now),
            is_in_use=was_used_lately(token.last_used_at, now),
            maker_has_left=token.created_by_id in gone,
        )
        for token in listed
    ]


def account_line(account: ServiceAccount, now: datetime) -> AccountLine:
    """Return one account as its pages show it at ``now``."""
    return account_lines([account], now, most=COUNTED_OF_ONE)[0]


def account_lines(
    accounts: Iterable[ServiceAccount], now: datetime, most: int
) -> list[AccountLine]:
    """Return accounts as they are shown at ``now``; one query for all their tokens.

    Args:
        most: how many tokens of each are looked at.
    """
    listed = list(accounts)
    tallies = Token.objects.tally_of_each([account.id for account in listed], now, most)
    return [
        AccountLine(account, tallies[account.id], _is_soon(tallies[account.id].next_end, now))
        for account in listed
    ]


def is_in_use(tally: Tally, now: datetime) -> bool:
    """Say whether any of an account's tokens is in use."""
    return bool(tally.active) and was_used_lately(tally.last_used_at, now)


def may_write(actor: Actor) -> bool:
    """Say whether the actor may change service accounts and tokens."""
    return not missing(actor.scopes, ["write:tokens"])


def _is_soon(end: datetime | None, now: datetime) -> bool:
    return end is not None and now < end <= now + SOON
