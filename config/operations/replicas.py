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


def replica_faults(primary: BaseDatabaseWrapper) -> list[str]:
    """Return why the replica of ``WARDKEY_VERIFY_DATABASE_URL`` may not be read, if there is one.

    Raises:
        DatabaseError: the primary cannot be reached.
    """
    if settings.WARDKEY_VERIFY_DATABASE is None:
        return []
    if primary.vendor != "postgresql":
        return ["WARDKEY_VERIFY_DATABASE_URL is a replica of PostgreSQL, and DATABASE_URL is not"]
    try:
        follows, name = _asked(settings.WARDKEY_VERIFY_DATABASE)
    except psycopg.Error:
        return ["the replica that verifies read cannot be reached"]
    with primary.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('synchronous_commit'),"
            " current_setting('synchronous_standby_names')"
        )
        commit, names = cursor.fetchone()
    faults = []
    if not follows:
        faults.append("the server of WARDKEY_VERIFY_DATABASE_URL is no replica: it follows nobody")
    if commit != "remote_apply":
        faults.append(f"synchronous_commit is {commit}, not remote_apply, but a replica is read")
    if not is_waited_for(name, names):
        faults.append(
            f"the replica with cluster_name = '{name}' is read, but it is not one of those that"
            f" synchronous_standby_names ('{names}') waits for: FIRST k of k names"
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


def _asked(where: dict[str, Any]) -> tuple[bool, str]:
    """Ask a server whether it follows another one, and what it calls itself there."""
    options = where | {"connect_timeout": CONNECT_SECONDS}
    with BoundedConnection.connect(**options, autocommit=True) as replica:
        row = replica.execute(
            "SELECT pg_is_in_recovery(), current_setting('cluster_name')"
        ).fetchone()
    return (bool(row[0]), str(row[1])) if row else (False, "")
