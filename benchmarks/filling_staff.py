"""Fills an installation on PostgreSQL with many organizations, for the admin's benchmark.

Run as ``python -m tests.process benchmarks.filling_staff ORGANIZATIONS ACCOUNTS TOKENS``, in its
environment. Prints, as JSON, the session of a support lead and what there is to ask for. Rows are
made by the database itself; nobody knows their tokens' secrets.
"""

import json
import sys

from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import Membership, Organization, ServiceAccount, User
from accounts.services.staff import set_staff_role
from accounts.staff import StaffRole
from tokens.models import Token

PASSWORD = "correct horse battery staple"
MEMBERS = 3
"""Of each organization."""
EVENTS_OF_TOKENS = 5
"""One token of so many has a line in the audit log."""

# ``n`` decides everything, so that two worlds differ by their size alone.
_ORGANIZATIONS = """
INSERT INTO accounts_organization (id, slug, name, created_at)
SELECT gen_random_uuid(), 'org-' || n, 'Organization ' || n, now() - n * interval '1 hour'
FROM generate_series(1, %s) n
"""
_PEOPLE = f"""
INSERT INTO accounts_user
  (id, email, name, password, is_active, is_staff, is_superuser, date_joined,
   password_changed_at, time_zone, language)
SELECT gen_random_uuid(), 'person-' || n || '@example.com', 'Person ' || n, '!', true, false,
  false, now(), now(), '', ''
FROM generate_series(1, %s * {MEMBERS}) n
"""
_MEMBERS = f"""
INSERT INTO accounts_membership (user_id, organization_id, role, created_at)
SELECT u.id, o.id, CASE WHEN n %% {MEMBERS} = 0 THEN 'owner' ELSE 'developer' END, now()
FROM generate_series(0, %s * {MEMBERS} - 1) n
JOIN accounts_organization o ON o.slug = 'org-' || (n / {MEMBERS} + 1)
JOIN accounts_user u ON u.email = 'person-' || (n + 1) || '@example.com'
"""
_ACCOUNTS = """
INSERT INTO accounts_serviceaccount
  (id, organization_id, slug, name, name_order, search, scopes, created_at, created_by_id,
   created_by_name, updated_at, disabled_at)
SELECT gen_random_uuid(), o.id, 'account-' || n, 'Account ' || n,
  convert_to('Account ' || n, 'UTF8'), 'account ' || n || E'\\naccount-' || n,
  '["read:releases"]', now() - n * interval '1 minute', gen_random_uuid(),
  'Maker ' || n %% 100, now(), CASE WHEN n %% 20 = 0 THEN now() END
FROM generate_series(1, %s) n
JOIN accounts_organization o ON o.slug = 'org-' || (n %% %s + 1)
"""
_TOKENS = """
INSERT INTO tokens_token
  (id, organization_id, service_account_id, slug, name, name_order, search, scopes, prefix, digest,
   key_id, created_at, created_by_id, created_by_name, expires_at, revoked_at, revoked_by_id,
   revoked_by_name)
SELECT gen_random_uuid(), a.organization_id, a.id, 'token-' || n, 'Token ' || n,
  convert_to('Token ' || n, 'UTF8'),
  'token ' || n || E'\\ntoken-' || n || E'\\nwdk_' || substr(md5(n::text), 1, 4),
  CASE WHEN n %% 3 = 0 THEN '["write:releases"]'::jsonb END,
  'wdk_' || substr(md5(n::text), 1, 4), sha256(n::text::bytea), 'k2',
  now() - n * interval '20 seconds', a.id, 'Maker ' || n %% 100,
  CASE n %% 4 WHEN 0 THEN now() + (n %% 300 - 30) * interval '1 day' END,
  CASE WHEN n %% 10 = 7 THEN now() - n %% 90 * interval '1 day' END,
  CASE WHEN n %% 10 = 7 THEN a.id END, CASE WHEN n %% 10 = 7 THEN 'Maker' END
FROM generate_series(1, %s) n
JOIN accounts_serviceaccount a ON a.slug = 'account-' || (n %% %s + 1)
"""
_USES = """
INSERT INTO tokens_tokenusage (token_id, last_used_at, last_refused_at)
SELECT id, now() - substr(slug, 7)::int %% 400 * interval '1 day',
  CASE WHEN substr(slug, 7)::int %% 1000 = 7 THEN now() - interval '1 hour' END
FROM tokens_token WHERE substr(slug, 7)::int %% 5 > 0
"""
_EVENTS = f"""
INSERT INTO accounts_auditevent
  (id, organization_id, at, action, actor_id, actor_name, actor_type, target_type, target_id,
   target_slug, changes, request_id)
SELECT gen_random_uuid(), organization_id, created_at, 'token.issued', created_by_id, 'Maker',
  'user', 'token', id, slug, '{{}}', 'filling'
FROM tokens_token WHERE substr(slug, 7)::int %% {EVENTS_OF_TOKENS} = 0
"""


def fill(organizations: int, accounts: int, tokens: int) -> dict[str, str]:
    """Make the rows, and return what the benchmark asks for."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_ORGANIZATIONS, [organizations])
        cursor.execute(_PEOPLE, [organizations])
        cursor.execute(_MEMBERS, [organizations])
        cursor.execute(_ACCOUNTS, [accounts, organizations])
        cursor.execute(_TOKENS, [tokens, accounts])
        cursor.execute(_USES, [])
        cursor.execute(_EVENTS, [])
    lead = User.objects.create_user("lead@staff.example", PASSWORD, name="Lead")
    set_staff_role(lead, StaffRole.LEAD)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client(SERVER_NAME="127.0.0.1")
    client.post("/console/-/sign-in", {"email": lead.email or "", "password": PASSWORD})
    token = Token.objects.get(slug="token-500")
    return {
        "cookie": settings.SESSION_COOKIE_NAME,
        "session": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "organization": str(Organization.objects.get(slug="org-5").pk),
        "account": str(ServiceAccount.objects.get(slug="account-5").pk),
        "token": str(token.pk),
        "prefix": token.prefix,
        "person": str(User.objects.get(email="person-5@example.com").pk),
        "membership": str(Membership.objects.get(user__email="person-5@example.com").pk),
    }


if __name__ == "__main__":
    json.dump(fill(*map(int, sys.argv[1:4])), sys.stdout)
