"""Fills the benchmarked installation and prints, as JSON, with what to ask it.

Run as ``python -m tests.process benchmarks.filling TOKENS``, in its environment.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.db import connection
from django.utils import timezone

from accounts import jwt
from accounts.actor import Actor
from accounts.models import Membership, ServiceAccount
from accounts.names import fold, sort_key
from accounts.services.organizations import found_organization
from accounts.services.service_accounts import create_service_account
from tokens.models import Token
from tokens.services.issue import issue_token

BATCH = 2000


def rows(account: ServiceAccount, many: int) -> Iterator[Token]:
    """Yield tokens as ``issue_token`` would make them; nobody knows their secrets."""
    now = timezone.now()
    for number in range(many):
        name = f"Token {number}"
        yield Token(
            organization_id=account.organization_id,
            service_account=account,
            slug=f"token-{number}",
            name=name,
            name_order=sort_key(name),
            search=fold(f"{name}\ntoken-{number}\nwdk_abcd"),
            prefix="wdk_abcd",
            digest=os.urandom(32),
            key_id="k2",
            created_at=now - timedelta(seconds=number + 1),
            created_by_id=account.id,
            created_by_name="filling",
        )


def fill(many: int) -> dict[str, str]:
    """Make one organization with an account of ``many`` tokens."""
    bench = found_organization(
        slug="bench",
        name="Bench",
        owner_email="owner@bench.test",
        password="correct horse battery",
    ).organization
    system = Actor.system(bench.id)
    account = create_service_account(system, name="Big", slug="big", scopes=["read:releases"])
    create_service_account(system, name="New", slug="new", scopes=["read:releases"])
    found = rows(account, many)
    while batch := list(islice(found, BATCH)):
        Token.objects.bulk_create(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    membership = Membership.objects.select_related("user", "organization").get(organization=bench)
    secret = issue_token(system, account, name="asked").secret
    return {"jwt": jwt.mint(membership, timedelta(hours=1)), "secret": str(secret)}


if __name__ == "__main__":
    json.dump(fill(int(sys.argv[1])), sys.stdout)
