"""Fills the peers' database: so many users, and a credential of every kind for each.

Run as ``python -m tests.process benchmarks.verify.peers.filling ROWS``, in the environment of the
peers' settings. The database makes the rows, and every credential follows from its number, so
``benchmarks.verify.peers.credentials`` knows them without being told.
"""

import sys

from django.core.management import call_command
from oauth2_provider.models import Application

from benchmarks.verify.bulk import filling
from benchmarks.verify.peers.credentials import INTROSPECTION

TABLES = (
    "auth_user",
    "authtoken_token",
    "knox_authtoken",
    "rest_framework_api_key_apikey",
    "oauth2_provider_accesstoken",
)

_USERS = """
INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email,
  is_staff, is_active, date_joined)
SELECT n, '!', false, 'user-' || n, '', '', '', false, true, now() FROM generate_series(1, %s) n
"""
_DRF = """
INSERT INTO authtoken_token (key, created, user_id)
SELECT substr(text, 1, 40), now(), n FROM secret
"""
_KNOX = """
INSERT INTO knox_authtoken (digest, created, user_id, expiry, token_key)
SELECT encode(sha512(text::bytea), 'hex'), now(), n, now() + interval '1 day', substr(text, 1, 15)
FROM secret
"""
_API_KEY = """
INSERT INTO rest_framework_api_key_apikey (id, created, name, revoked, hashed_key, prefix)
SELECT prefix || '.' || hash, now(), 'key', false, hash, prefix
FROM secret, lpad(n::text, 8, '0') AS prefix,
  LATERAL (SELECT 'sha512$$' || encode(sha512((prefix || '.' || substr(text, 1, 32))::bytea), 'hex')
    AS hash) hashed
"""
_OAUTH = """
INSERT INTO oauth2_provider_accesstoken (token, token_checksum, expires, scope, application_id,
  user_id, created, updated, resource)
SELECT text, encode(sha256(text::bytea), 'hex'), now() + interval '1 day', %s, %s, n, now(), now(),
  '[]'
FROM secret
"""
_SECRETS = """
CREATE TEMPORARY TABLE secret AS
SELECT n, encode(sha256(('secret-' || n)::bytea), 'hex') AS text FROM generate_series(1, %s) n
"""
_INTROSPECTOR = "CREATE TEMPORARY TABLE secret AS SELECT 1 AS n, %s AS text"


def fill(rows: int) -> None:
    """Make the tables, and ``rows`` rows in each."""
    call_command("migrate", verbosity=0)
    application = Application.objects.create(
        client_type="confidential", authorization_grant_type="client-credentials"
    )
    with filling(*TABLES) as cursor:
        cursor.execute(_USERS, [rows])
        cursor.execute(_SECRETS, [rows])
        for statement in (_DRF, _KNOX, _API_KEY):
            cursor.execute(statement)
        cursor.execute(_OAUTH, ["read", application.pk])
        cursor.execute("DROP TABLE secret")
        cursor.execute(_INTROSPECTOR, [INTROSPECTION])
        cursor.execute(_OAUTH, ["introspection", application.pk])


if __name__ == "__main__":
    fill(int(sys.argv[1]))
