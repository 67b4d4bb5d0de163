"""What the epoch says of what has changed."""

from typing import Any
from uuid import UUID

from django.db import connection

EVERYBODY = "everybody"


def epoch() -> int:
    """Return the epoch."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM accounts_epoch")
        return int(cursor.fetchone()[0])


def entries(since: int) -> list[bytes | UUID | str]:
    """Return whom the changes after epoch ``since`` concerned: a digest, an account, everybody.

    Fails where an epoch has no entry, or the newest entry another mark than the epoch.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n, mark, digest, service_account_id FROM accounts_epoch_entry"
            " WHERE n > %s ORDER BY n",
            [since],
        )
        found = cursor.fetchall()
        cursor.execute("SELECT n, mark FROM accounts_epoch")
        n, mark = cursor.fetchone()
    assert sorted({row[0] for row in found}) == list(range(since + 1, n + 1))
    assert not found or found[-1][1] == mark
    return [_whom(digest, account) for _, _, digest, account in found]


def _whom(digest: Any, account: Any) -> bytes | UUID | str:
    if digest is not None:
        return bytes(digest)
    return EVERYBODY if account is None else UUID(str(account))
