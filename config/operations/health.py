"""``/healthz`` and ``/readyz``, and what the server refuses to start with."""

import time
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PublicViewSet
from accounts.keys import key_ring
from accounts.triggers import absent_triggers
from config.operations.keys import key_faults, live_tokens_by_key

COUNT_SECONDS = 60


class HealthViewSet(PublicViewSet):
    """Whether this process runs, and whether it can serve."""

    def alive(self, request: Request) -> Response:
        """Return 200 as long as the process answers, whatever the database does."""
        return Response({"status": "ok"})

    def ready(self, request: Request) -> Response:
        """Return 200 if requests can be served, else 503 with what is missing."""
        try:
            faults = start_faults()
            keys = {} if faults else _counted()
        except DatabaseError:
            faults, keys = ["the database cannot be reached"], {}
        if faults:
            return Response({"status": "unavailable", "faults": faults}, status=503)
        return Response({"status": "ok", "liveTokensByKey": keys})


def start_faults() -> list[str]:
    """Return what keeps the server from serving: migrations, triggers, server keys.

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
    return faults + key_faults()


_counts: dict[str, Any] = {"until": 0.0, "by_key": {}}


def _counted() -> dict[str, int]:
    """Return the counts by key, asked of the database at most once a minute."""
    now = time.monotonic()
    if now >= _counts["until"]:
        _counts.update(until=now + COUNT_SECONDS, by_key=live_tokens_by_key())
    by_key: dict[str, int] = _counts["by_key"]
    return {key.id: by_key.get(key.id, 0) for key in key_ring()}
