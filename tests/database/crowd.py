"""A crowd: rows by the ten thousand, with statistics, as PostgreSQL makes them fast.

The statuses lie as they come to lie: what is old is revoked, or has expired; and one account
has almost none of them.
"""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from accounts.actor import Actor
from accounts.events import emit
from accounts.models import ServiceAccount
from accounts.services.service_accounts import create_service_account
from tests.conftest import make_organization
from tests.database.rows import account, token

ACCOUNTS, TOKENS, EVENTS = 3000, 34_000, 20_000
"""Tokens: of each of the three accounts that have any."""
CROWDS = 3
RARE = 500
"""One token of so many has ended, in the account whose tokens live."""
MIXED, LIVELY, SWITCHED_OFF = "deploy", "many-1", "many-3"
"""Accounts: with tokens of every status, with hardly any that has ended, and disabled."""
BUSY_ACTOR = "00000000-0000-0000-0000-000000000007"
WATCHED_TARGET = "00000000-0000-0000-0000-000000000008"
RARE_ACTION = "token.revoked"
SINCE, UNTIL = "2030-01-01T00:00:00Z", "2030-01-01T05:00:00Z"
"""Around most lines of the log, which are of the six hours from ``SINCE`` on."""


def gather() -> None:
    """Make the organization `acme` with its crowd, beside a neighbour that has one too."""
    acme, outsider = make_organization("acme").organization, make_organization("rival")
    system = Actor.system(acme.id)
    deploy = create_service_account(system, name="Deploy", slug=MIXED, scopes=["read:releases"])
    account(acme, "seed").save(force_insert=True)
    account(outsider.organization, "seed").save(force_insert=True)
    disabled = "CASE WHEN n % 3 = 0 THEN x.created_at END"
    _multiply("accounts_serviceaccount", ACCOUNTS, disabled_at=disabled)
    _fill(deploy, revoked=f"n > {TOKENS} * 2 / 3", expired=f"n > {TOKENS} / 3")
    crowd = ServiceAccount.objects.filter(organization=acme)
    _fill(crowd.get(slug=LIVELY), revoked=f"n % {RARE} = 0", expired=f"n % {RARE} = 1")
    off = crowd.get(slug=SWITCHED_OFF)
    _fill(off, revoked=f"n > {TOKENS} * 2 / 3", expired=f"n > {TOKENS} / 3")
    emit(system, "token.issued", deploy)
    with connection.cursor() as cursor:
        cursor.execute(_FILL_LOG)
        cursor.execute("ANALYZE")
    # Else each test that follows in this transaction would check all of these rows again.
    connection.check_constraints()


def _fill(owner: ServiceAccount, *, revoked: str, expired: str) -> None:
    """Give ``owner`` tokens; ``revoked`` and ``expired`` are SQL about ``n``, 1 for the newest."""
    token(owner, "seed", expires_at=timezone.now() + timedelta(days=9)).save(force_insert=True)
    _multiply(
        "tokens_token",
        TOKENS,
        f"AND x.service_account_id = '{owner.id}'",
        digest="sha256((x.id::text || n)::bytea)",
        revoked_at=f"CASE WHEN {revoked} THEN x.created_at END",
        revoked_by_id=f"CASE WHEN {revoked} THEN x.id END",
        revoked_by_name=f"CASE WHEN {revoked} THEN 'hand' END",
        expires_at=f"CASE WHEN {expired} THEN x.created_at - interval '1 day'"
        " WHEN n % 2 = 0 THEN x.expires_at END",
    )


_FILL_LOG = f"""
INSERT INTO accounts_auditevent SELECT made.* FROM
  accounts_auditevent x,
  generate_series(1, {EVENTS}) n,
  jsonb_populate_record(x, jsonb_build_object(
    'id', gen_random_uuid(), 'at', timestamptz '{SINCE}' + n * interval '1 second',
    'action', CASE WHEN n % 50 < 2 THEN '{RARE_ACTION}' ELSE 'token.issued' END,
    'actor_id', CASE WHEN n % 5 = 0 THEN '{BUSY_ACTOR}' ELSE gen_random_uuid()::text END,
    'target_id', CASE WHEN n % 25 = 0 THEN '{WATCHED_TARGET}' ELSE gen_random_uuid()::text END
  )) made WHERE x.action = 'token.issued'
"""


def _multiply(table: str, times: int, which: str = "", **members: str) -> None:
    """Write ``times`` variants of each row whose slug is `seed`: `many-1`, `many-2` and so on."""
    name = f"('Name ' || n * 7919 % {times})"
    members = {
        "id": "gen_random_uuid()",
        "slug": "'many-' || n",
        "name": name,
        "name_order": f"convert_to({name}, 'UTF8')::text",
        "created_at": "x.created_at - n * interval '1 minute'",
        **members,
    }
    pairs = ", ".join(f"'{member}', {value}" for member, value in members.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} SELECT made.* FROM {table} x, generate_series(1, {times}) n,"
            f" jsonb_populate_record(x, jsonb_build_object({pairs})) made"
            f" WHERE x.slug = 'seed' {which}"
        )
