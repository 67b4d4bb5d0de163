"""Without its database the server says 503, guesses nothing, and recovers by itself."""

import contextlib
import os
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests.races.conftest import Field

BESIDE = os.environ.get("WARDKEY_TEST_DATABASE_URL", "")

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(not BESIDE, reason="a file does not go away; PostgreSQL does"),
]

RECOVERY_SECONDS, STEADY = 60.0, 30


@contextlib.contextmanager
def away(field: Field) -> Iterator[None]:
    """End the server's connections to its database, and let it make no new ones."""
    name = str(field.at.database_url).rpartition("/")[2]
    with psycopg.connect(BESIDE, autocommit=True) as operator:
        operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        try:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            operator.execute(end, [name])
            yield
        finally:
            operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


def test_a_database_that_goes_away_is_503_until_it_is_back(field: Field) -> None:
    address = f"/service-accounts/{field.account()}/tokens"
    with field.client() as client:
        secret = client.post(address, json={"name": "before"}).json()["token"]
        with away(field):
            asked = [
                client.post(address, json={"name": "meanwhile"}),
                client.get(address),
                client.get("/tokens/validate", headers={"Authorization": f"Bearer {secret}"}),
            ]
            for answer in asked:
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["Retry-After"]) >= 1
                assert answer.json()["code"] == "Server.Unavailable"
            assert field.verdict(f"{secret[:-1]}!") == 401, "malformed needs no database"
            assert httpx.get(f"{field.at.url}/readyz").status_code == 503
            assert httpx.get(f"{field.at.url}/healthz").status_code == 200
        end, in_a_row = time.monotonic() + RECOVERY_SECONDS, 0
        while in_a_row < STEADY and time.monotonic() < end:
            told = {field.verdict(secret), client.get(address).status_code}
            in_a_row = in_a_row + 1 if told == {200} else 0
        assert in_a_row == STEADY, "each worker is well again"
        names = [item["name"] for item in client.get(address).raise_for_status().json()["items"]]
        assert names == ["before"], "what was answered 503 has not happened"
