"""Which database, and how it is spoken to."""

import contextlib
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.bounded import BoundedConnection

CONNECT_SECONDS = 3
WAIT_SECONDS = 20
STATEMENT_MILLISECONDS = 15_000


def embedded_file(data_dir: Path) -> Path:
    """Return where the embedded default keeps its database."""
    return data_dir / "wardkey.sqlite3"


def configuration(url: str, data_dir: Path) -> dict[str, Any]:
    """Return Django's settings of the database at ``url``, or of the embedded one.

    Raises:
        ImproperlyConfigured: ``url`` is neither PostgreSQL's nor SQLite's.
    """
    pool_size = env.count("WARDKEY_DATABASE_POOL", 8, least=1, most=200)
    if not url:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _sqlite(str(embedded_file(data_dir)))
    try:
        found = dict(dj_database_url.parse(url))
    except ValueError:
        found = {}
    engine = str(found.get("ENGINE", "")).rpartition(".")[2]
    if engine == "postgresql":
        return _postgresql(found, pool_size)
    if engine == "sqlite3":
        return _sqlite(str(found["NAME"]))
    raise ImproperlyConfigured(
        "DATABASE_URL is like postgres://user:password@host:5432/name, or sqlite:////file."
    )


def replica(url: str) -> dict[str, Any] | None:
    """Return how libpq connects to the replica at ``url``; None without one.

    Raises:
        ImproperlyConfigured: ``url`` is not PostgreSQL's.
    """
    if not url:
        return None
    found: dict[str, Any] = {}
    with contextlib.suppress(ValueError):
        found.update(dj_database_url.parse(url))
    if not str(found.get("ENGINE", "")).endswith(".postgresql"):
        raise ImproperlyConfigured(
            "WARDKEY_VERIFY_DATABASE_URL is like postgres://user:password@replica:5432/name."
        )
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    names["NAME"] = "dbname"
    given = {libpq: found[name] for name, libpq in names.items() if found.get(name)}
    return {**given, **found.get("OPTIONS", {})}


def _sqlite(name: str) -> dict[str, Any]:
    """SQLite: one writer at a time, who waits; what is acknowledged survives a power cut."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "ATOMIC_REQUESTS": False,
        # Closing the last connection deletes what the next one needs room for: on a full disk
        # nothing could be read any more.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": WAIT_SECONDS,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
            ),
        },
    }


def _postgresql(found: dict[str, Any], pool_size: int) -> dict[str, Any]:
    """PostgreSQL: a pool a process, and an end to every wait."""
    options = {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": 5_000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "options": f"-c statement_timeout={STATEMENT_MILLISECONDS} -c lock_timeout=10000",
        "pool": {
            "min_size": 0,
            "max_size": pool_size,
            "timeout": CONNECT_SECONDS,
            # Else the pool waits ever longer between its tries, and so long after the end.
            "reconnect_timeout": CONNECT_SECONDS,
            "connection_class": BoundedConnection,
        },
    }
    return found | {
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        # A connection that died with the database is found out when it is borrowed.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(found.get("OPTIONS", {})) | options,
    }
