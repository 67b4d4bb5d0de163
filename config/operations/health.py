"""``/healthz`` and ``/readyz``, and what the server refuses to start with."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PublicViewSet
from accounts.epoch import epoch_is_there
from accounts.keys import key_ring
from accounts.request_errors import Unavailable
from accounts.triggers import absent_triggers, pass_is_open
from config.operations.keys import key_faults, live_tokens_by_key
from config.operations.replicas import replica_faults
from tokens.services.held_keys import HELD

COUNT_SECONDS = 60


class HealthViewSet(PublicViewSet):
    """Whether this process runs, and whether it can serve."""

    def alive(self, request: Request) -> Response:
        """Return 200 as long as the process answers, whatever the database does."""
        return Response({"status": "ok"})

    def ready(self, request: Request) -> Response:
        """Return 200 if requests can be served, else 503 with what is missing."""
        try:
            faults = start_faults(_recent_counts) or _signing_faults()
            counts = {} if faults else _recent_counts()
        except DatabaseError:
            faults, counts = ["the database cannot be reached"], {}
        if faults:
            return Response({"status": "unavailable", "faults": faults}, status=503)
        by_key = {key.id: counts.get(key.id, 0) for key in key_ring()}
        return Response({"status": "ok", "liveTokensByKey": by_key})


def start_faults(counts: Callable[[], dict[str, int]] = live_tokens_by_key) -> list[str]:
    """Return what keeps the server from serving.

    That is migrations, triggers, the row of the epoch, a maintenance pass that was left open, a
    replica that verifies must not read, and server keys. What comes with migrations is not asked
    for where some are missing.

    Args:
        counts: gives the live tokens by key id, where they have been counted.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        count = "1 migration is" if len(plan) == 1 else f"{len(plan)} migrations are"
        return [f"{count} not applied; run: manage.py migrate"]
    faults = [
        f"the database trigger {name} is absent or switched off; run: manage.py migrate"
        for name in absent_triggers(connection)
    ]
    if not epoch_is_there(connection):
        faults.append("the row of accounts_epoch is gone; run: manage.py migrate")
    if pass_is_open(connection):
        faults.append(
            "a maintenance pass was left open, so the audit log can be changed; run in the"
            " database: DELETE FROM accounts_maintenance_pass"
        )
    return faults + replica_faults(connection) + key_faults(counts())


def _signing_faults() -> list[str]:
    """Return why no good token is answered, if identities are signed and there is no key for it."""
    if settings.WARDKEY_FORWARD_JWT:
        try:
            HELD.fresh()
        except Unavailable:
            return [
                "the keys of signed identities cannot be read; wardkey.forward in the log says why"
            ]
    return []


_counts: dict[str, Any] = {"until": 0.0, "by_key": {}}


def _recent_counts() -> dict[str, int]:
    """Return the live tokens by key id, asked of the database at most once a minute."""
    now = time.monotonic()
    if now >= _counts["until"]:
        _counts.update(until=now + COUNT_SECONDS, by_key=live_tokens_by_key())
    by_key: dict[str, int] = _counts["by_key"]
    return by_key
