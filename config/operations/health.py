"""``/healthz`` and ``/readyz``, and what the server refuses to start with."""

import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PublicViewSet
from accounts.epoch import epoch_is_there
from accounts.keys import key_ring
from accounts.triggers import absent_triggers, pass_is_open
from config.operations.keys import key_faults, live_tokens_by_key
from config.operations.replicas import replica_faults

COUNT_SECONDS = 60


class HealthViewSet(PublicViewSet):
    """Whether this process runs, and whether it can serve."""

    def alive(self, request: Request) -> Response:
        """Return 200 as long as the process answers, whatever the database does."""
        return Response({"status": "ok"})

    def ready(self, request: Request) -> Response:
        """Return 200 if requests can be served, else 503 with what is missing."""
        try:
            faults = start_faults(_recent_counts)
            counts = {} if faults else _recent_counts()
        except DatabaseError:
            faults, counts = ["the database cannot be reached"], {}
        if faults:
            return Response({"status": "unavailable", "faults": faults}, status=503)
        by_key = {key.id: counts.get(key.id, 0) for key in key_ring()}
        return Response({"status": "ok", "liveTokensByKey": by_key})


def start_faults(counts: Callable[[], dict[str, int]] = live_tokens_by_key) -> list[str]:
    """Return what keeps the server from serving: migrations, triggers, server keys.

    Args:
        counts: gives the live tokens by key id, where they have been counted.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return [f"{len(plan)} migrations are not applied; run: manage.py migrate"]
    faults = [
        f"the database trigger {name} is absent or switched off; run: manage.py migrate"
        for name in absent_triggers(connection)
    ]
    if not epoch_is_there(connection):
        faults.append("the row of accounts_epoch is gone; run: manage.py migrate")
    if pass_is_open(connection):
        faults.append("a maintenance pass was left open, so the audit log can be changed")
    return faults + replica_faults(connection) + key_faults(counts())


_counts: dict[str, Any] = {"until": 0.0, "by_key": {}}


def _recent_counts() -> dict[str, int]:
    """Return the live tokens by key id, asked of the database at most once a minute."""
    now = time.monotonic()
    if now >= _counts["until"]:
        _counts.update(until=now + COUNT_SECONDS, by_key=live_tokens_by_key())
    by_key: dict[str, int] = _counts["by_key"]
    return by_key
