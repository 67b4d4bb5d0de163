"""Makes tokens that are to lose something, and some that are not; prints who they are as JSON.

Run as ``python -m tests.process tests.races.victims VICTIMS STEADY``, in the environment of the
installation, once ``tests.races.seed`` has made `acme`.
"""

import itertools
import json
import secrets
import sys
from collections.abc import Iterator

from django.db import transaction

from accounts.keys import key_ring
from accounts.models import Organization, ServiceAccount
from accounts.names import fold, sort_key
from tests.races.losses import ALONE, BY_HAND, Kind
from tokens.models import Token
from tokens.secret import TokenSecret

SCOPES = ["read:releases", "read:tokens"]
HAND_EVERY, FIRST_BY_HAND = 20, 4
"""One victim in so many loses its organization, by a command."""


def kinds() -> Iterator[Kind]:
    """Yield what happens to one victim after the other."""
    by_rest = itertools.cycle([kind for kind in Kind if kind not in BY_HAND])
    by_hand = itertools.cycle(sorted(BY_HAND))
    for number in itertools.count():
        yield next(by_hand if number % HAND_EVERY == FIRST_BY_HAND else by_rest)


@transaction.atomic
def make(victims: int, steady: int) -> list[dict[str, str | None]]:
    """Make them: in one account whose tokens go one by one, or with an account of their own.

    Rows, not services: hundreds are wanted before the race, and who made them does not matter.
    """
    acme = Organization.objects.get(slug="acme")
    mark = secrets.token_hex(3)
    crew = account_of(acme, f"crew-{mark}")
    organizations: list[Organization] = []
    accounts, tokens, told = [crew], list[Token](), list[dict[str, str | None]]()
    wanted: list[Kind | None] = [*itertools.islice(kinds(), victims), *[None] * steady]
    for number, kind in enumerate(wanted):
        slug, account = f"v-{mark}-{number}", crew
        if kind in ALONE:
            home = Organization(slug=slug, name=slug) if kind in BY_HAND else acme
            organizations += [home] if home is not acme else []
            account = account_of(home, slug)
            accounts.append(account)
        secret = TokenSecret.mint()
        tokens.append(token_of(account, slug, secret))
        names = {"account": account.slug, "token": slug, "organization": slug}
        told.append({**names, "kind": kind, "secret": str(secret)})
    Organization.objects.bulk_create(organizations)
    ServiceAccount.objects.bulk_create(accounts)
    Token.objects.bulk_create(tokens)
    return told


def account_of(organization: Organization, slug: str) -> ServiceAccount:
    """Return a service account as its service would make it."""
    return ServiceAccount(
        organization=organization,
        slug=slug,
        name=slug,
        name_order=sort_key(slug),
        search=fold(f"{slug}\n{slug}"),
        scopes=SCOPES,
        created_by_id=organization.id,
        created_by_name="victims",
    )


def token_of(account: ServiceAccount, slug: str, secret: TokenSecret) -> Token:
    """Return a token as its service would make it."""
    key = key_ring().first
    return Token(
        organization_id=account.organization_id,
        service_account=account,
        slug=slug,
        name=slug,
        name_order=sort_key(slug),
        search=fold(f"{slug}\n{slug}\n{secret.prefix}"),
        prefix=secret.prefix,
        digest=secret.digest(key),
        key_id=key.id,
        created_by_id=account.id,
        created_by_name="victims",
    )


if __name__ == "__main__":
    json.dump(make(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)
