"""What the database knows of a token now, in one query over Django's connection.

For the doors that answer in threads; gateways are answered by ``live.py``, of the same statements.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.keys import key_ring
from tokens.models import Token
from tokens.secret import TokenSecret
from tokens.verify.statements import BATCH_POSTGRESQL, Found, batch_sqlite, found_in, one_by_id


def load_token(secret: TokenSecret) -> Found | None:
    """Return ``secret``'s token; None if unknown.

    The digest under every loaded server key is looked up at once.
    """
    digests = [secret.digest(key) for key in key_ring()]
    if connection.vendor == "postgresql":
        return _found(BATCH_POSTGRESQL, [digests])
    return _found(batch_sqlite(len(digests)), digests)


def reload_token(token_id: UUID) -> Found | None:
    """Return a token that has been verified before, as it is now."""
    value = Token._meta.pk.get_db_prep_value(token_id, connection)  # noqa: SLF001 - documented API
    return _found(one_by_id(connection.vendor), [value])


def _found(statement: str, values: Sequence[Any]) -> Found | None:
    asked_at = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return next(iter(found_in(cursor.fetchall(), asked_at).values()), None)
