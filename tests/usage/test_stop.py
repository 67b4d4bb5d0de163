"""A server that is told to stop writes what it has noted; until then it is in memory."""

import json
from pathlib import Path

import httpx
import pytest

from tests.servers import Installation, installation

pytestmark = pytest.mark.node

ROWS = "SELECT COUNT(*) FROM tokens_tokenusage"


def present(at: Installation, secret: str) -> int:
    """Show a secret to the gate and return the status."""
    headers = {
        "Authorization": f"Bearer {secret}",
        "User-Agent": "probe/1",
        "X-Forwarded-For": "2001:db8:1:2::9, 198.51.100.7",
    }
    address = f"{at.url}/tokens/validate?scope=read:users"
    return httpx.get(address, headers=headers).status_code


def test_a_stop_writes_last_use_and_the_last_try_of_the_dead(tmp_path: Path) -> None:
    with installation(tmp_path) as at:
        at.settings["WARDKEY_TRUSTED_PROXIES"] = "127.0.0.1"
        at.do("manage.py", "migrate", "--verbosity", "0")
        seeded = json.loads(at.do("-m", "tests.process", "tests.usage.seed"))
        at.start("--workers", "2")
        owner = {"Authorization": f"Bearer {seeded['jwt']}"}
        tokens = f"{at.url}/service-accounts/deploy/tokens"
        httpx.delete(f"{tokens}/dead", headers=owner).raise_for_status()
        for _ in range(20):  # so that both workers have notes of both
            assert present(at, seeded["live"]) == 403
            assert present(at, seeded["dead"]) == 401
        assert at.count(ROWS) == 0
        assert at.stop() == 0, at.log.read_text()
        assert at.count(ROWS) == 2
        assert at.count(f"{ROWS} WHERE last_used_at IS NOT NULL AND last_refused_at IS NULL") == 1
        assert at.count(f"{ROWS} WHERE last_used_at IS NULL AND last_refused_at IS NOT NULL") == 1
        assert set(at.rows("SELECT kind, value, count FROM tokens_tokenuse")) == {
            ("address", "198.51.100.0/24", 20),
            ("agent", "probe/1", 20),
            ("scope", "read:users", 20),
        }
        at.start("--workers", "1")
        shown = {one["slug"]: one for one in httpx.get(tokens, headers=owner).json()["items"]}
        assert "lastUsedAt" in shown["live"]
        assert "lastUsedAt" not in shown["dead"]
        assert at.stop() == 0, at.log.read_text()
