"""What a replica needs before verifies may read it: every COMMIT waits until it has applied it.

Then what was revoked before an answer is revoked on the replica too, and verifies from there
keep the promise (``docs/operate.md``, "More than one machine").
"""

import re
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from config.bounded import BoundedConnection
from config.database import CONNECT_SECONDS

_WAITED = re.compile(r"\s*(?:(?:FIRST|ANY)\s+)?(\d+)\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
_NO_PRIMARY = (
    "WARDKEY_VERIFY_DATABASE_URL is a replica of PostgreSQL, and DATABASE_URL is not; take it out,"
    " or let DATABASE_URL be its primary"
)
_SETTINGS = (
    "SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names')"
)
_FOLLOWERS = """
SELECT count(*) FILTER (WHERE lower(application_name) = lower(%s)),
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
  FROM pg_stat_replication
"""
"""How many follow under a name, and whether this role is shown the names of all."""


def replica_faults(primary: BaseDatabaseWrapper) -> list[str]:
    """Return why the replica of ``WARDKEY_VERIFY_DATABASE_URL`` may not be read, if there is one.

    Raises:
        DatabaseError: the primary cannot be reached.
    """
    where = settings.WARDKEY_VERIFY_DATABASE
    if where is None:
        return []
    if primary.vendor != "postgresql":
        return [_NO_PRIMARY]
    read = f"the server of WARDKEY_VERIFY_DATABASE_URL ({_place(where)})"
    try:
        follows, name = _asked(where)
    except psycopg.Error as fault:
        reason = str(fault).partition("\n")[0] or type(fault).__name__
        return [f"{read} cannot be reached: {reason}; put that right, or take the setting out"]
    if not follows:
        return [f"{read} is no replica: it follows nobody; name a replica of DATABASE_URL there"]
    return [f"{read}: {fault}" for fault in _waiting_faults(primary, name)]


def _waiting_faults(primary: BaseDatabaseWrapper, name: str) -> list[str]:
    """Return why a COMMIT may not wait for the replica that is called ``name``."""
    with primary.cursor() as cursor:
        cursor.execute(_SETTINGS)
        commit, names = cursor.fetchone()
        cursor.execute(_FOLLOWERS, [name])
        followers, may_see = cursor.fetchone()
    faults = []
    if commit != "remote_apply":
        faults.append(
            f"synchronous_commit is {commit}, not remote_apply, but a replica is read;"
            " set it to remote_apply on the primary, or for Wardkey's role there"
        )
    if not is_waited_for(name, names):
        faults.append(
            f"the replica with cluster_name = '{name}' is read, but it is not one of those that"
            f" synchronous_standby_names ('{names}') waits for: FIRST k of k names;"
            " put its name there on the primary"
        )
    elif may_see and followers != 1:
        faults.append(
            f"{followers} servers follow the primary under the name '{name}', so nobody knows"
            " whether this one is waited for; give each a cluster_name of its own, and no"
            " application_name in primary_conninfo"
        )
    return faults


def is_waited_for(name: str, standby_names: str) -> bool:
    """Say whether a COMMIT waits for the replica ``name``, whichever others there are.

    Only where all that are named are waited for: of fewer, nobody knows which.
    """
    found = _WAITED.fullmatch(standby_names)
    many, listed = (int(found[1]), found[2]) if found else (1, standby_names)
    names = {one.strip().strip('"').lower() for one in listed.split(",") if one.strip()}
    return bool(name) and name.lower() in names and many >= len(names) and "*" not in names


def _place(where: dict[str, Any]) -> str:
    """Return which server that is, without who asks it."""
    return f"{where.get('host', 'localhost')}:{where.get('port', 5432)}"


def _asked(where: dict[str, Any]) -> tuple[bool, str]:
    """Ask a server whether it follows another one, and what it calls itself there."""
    options = where | {"connect_timeout": CONNECT_SECONDS}
    with BoundedConnection.connect(**options, autocommit=True) as replica:
        row = replica.execute(
            "SELECT pg_is_in_recovery(), current_setting('cluster_name')"
        ).fetchone()
    return (bool(row[0]), str(row[1])) if row else (False, "")
