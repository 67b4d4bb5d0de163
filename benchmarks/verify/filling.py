"""Fills an installation on PostgreSQL with tokens whose secrets are known.

Run as ``python -m tests.process benchmarks.verify.filling TOKENS FILE``, in its environment. Each
line of FILE becomes the secret of a token. Digests are made here, under the installation's first
key; rows are made by the database itself, a hundred tokens for each service account.
"""

import random
import sys
from pathlib import Path

from django.conf import settings

from accounts.keys import key_ring
from benchmarks.verify.bulk import filling
from tokens.secret import ALPHABET, RANDOM_LENGTH, TokenSecret, check_characters

TOKENS_OF_ACCOUNT, ACCOUNTS_OF_ORGANIZATION = 100, 20

_ORGANIZATIONS = """
INSERT INTO accounts_organization (id, slug, name, created_at)
SELECT gen_random_uuid(), 'org-' || n, 'Organization ' || n, now() - n * interval '1 hour'
FROM generate_series(0, %s) n
"""
_ACCOUNTS = f"""
INSERT INTO accounts_serviceaccount
  (id, organization_id, slug, name, name_order, search, scopes, created_at, created_by_id,
   created_by_name, updated_at)
SELECT gen_random_uuid(), o.id, 'account-' || n, 'Account ' || n,
  convert_to('Account ' || n, 'UTF8'), 'account ' || n || E'\\naccount-' || n,
  '["read:releases"]', now() - n * interval '1 minute', gen_random_uuid(), 'Maker', now()
FROM generate_series(0, %s) n
JOIN accounts_organization o ON o.slug = 'org-' || (n / {ACCOUNTS_OF_ORGANIZATION})
"""
_TOKENS = f"""
INSERT INTO tokens_token
  (id, organization_id, service_account_id, slug, name, name_order, search, prefix, digest, key_id,
   created_at, created_by_id, created_by_name)
SELECT gen_random_uuid(), a.organization_id, a.id, 'token-' || n, 'Token ' || n,
  convert_to('Token ' || n, 'UTF8'), 'token ' || n || E'\\ntoken-' || n || E'\\n' || prefix,
  prefix, digest, %s, now() - n * interval '1 second', a.id, 'Maker'
FROM filled JOIN accounts_serviceaccount a ON a.slug = 'account-' || (n / {TOKENS_OF_ACCOUNT})
"""


def secrets_of_chance(prefix: str, many: int) -> list[str]:
    """Return ``many`` secrets of the right form; quick to make, and not for use."""
    chance = random.Random()
    bodies = (f"{prefix}_{''.join(chance.choices(ALPHABET, k=RANDOM_LENGTH))}" for _ in range(many))
    return [body + check_characters(body) for body in bodies]


def fill(many: int, path: Path) -> None:
    """Make ``many`` tokens, and write their secrets to ``path``, a line each."""
    texts = secrets_of_chance(settings.WARDKEY_TOKEN_PREFIXES[0], many)
    first = key_ring().first
    accounts = (many - 1) // TOKENS_OF_ACCOUNT
    with filling("tokens_token") as cursor:
        cursor.execute(_ORGANIZATIONS, [accounts // ACCOUNTS_OF_ORGANIZATION])
        cursor.execute(_ACCOUNTS, [accounts])
        cursor.execute("ANALYZE accounts_serviceaccount")
        cursor.execute("CREATE TEMPORARY TABLE filled (n int, prefix text, digest bytea)")
        with cursor.copy("COPY filled FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text", "bytea"])
            for number, text in enumerate(texts):
                secret = TokenSecret(text)
                copy.write_row((number, secret.prefix, secret.digest(first)))
        cursor.execute(_TOKENS, [first.id])
    path.write_text("\n".join(texts), encoding="ascii")


if __name__ == "__main__":
    fill(int(sys.argv[1]), Path(sys.argv[2]))
