"""``/readyz``: the live tokens on each key, and keys that are lost or wrong."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.keys import ServerKey, parse_keys
from accounts.models import KeyFingerprint, Organization, ServiceAccount
from accounts.services.service_accounts import disable_service_account
from config.operations import health
from config.operations.keys import remember_keys
from tests.clients import RestClient
from tests.organizations.rows import all_rows
from tests.settings import TEST_KEYS
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_token
from tokens.verify.key_moves import write_moves

K2, K1 = parse_keys(TEST_KEYS)
[K3] = parse_keys(f"k3:{base64.b64encode(b'a third key of the tests, in bytes').decode()}")


@pytest.fixture(autouse=True)
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each answer count, where a minute's memory would serve."""
    monkeypatch.setattr(health, "COUNT_SECONDS", 0)
    monkeypatch.setitem(health._counts, "until", 0.0)  # noqa: SLF001 - the memory of another test


def ready() -> tuple[int, dict[str, Any]]:
    """Ask whether requests can be served."""
    answer = RestClient("").get("/readyz")
    return answer.status_code, answer.json()


def test_the_live_tokens_on_each_key_are_counted(
    ci: IssuedToken, acme: Organization, deploy: ServiceAccount, settings: Any
) -> None:
    system = Actor.system(acme.id)
    assert ready() == (200, {"status": "ok", "liveTokensByKey": {"k2": 1, "k1": 0}})
    settings.WARDKEY_SECRET_KEYS = (K3, K2)
    gone = issue_token(system, deploy, name="gone")
    expired = issue_token(system, deploy, name="expired")
    issue_token(system, deploy, name="live")
    assert ready()[1]["liveTokensByKey"] == {"k3": 3, "k2": 1}
    revoke_token(system, gone.token)
    past = timezone.now() - timedelta(seconds=1)
    Token.objects.filter(pk=expired.token.pk).update(expires_at=past)
    assert ready()[1]["liveTokensByKey"] == {"k3": 1, "k2": 1}
    RestClient("", str(ci.secret)).get("/tokens/validate")
    write_moves()
    assert ready()[1]["liveTokensByKey"] == {"k3": 2, "k2": 0}
    disable_service_account(system, deploy)
    assert ready()[1]["liveTokensByKey"] == {"k3": 2, "k2": 0}


def test_a_key_that_live_tokens_need_is_named_with_their_number(
    ci: IssuedToken, acme: Organization, settings: Any
) -> None:
    before = all_rows()
    settings.WARDKEY_SECRET_KEYS = (K3, K1)
    status, body = ready()
    assert status == 503
    [fault] = body["faults"]
    assert "'k2' is not loaded" in fault
    assert "1 live token" in fault
    assert all_rows() == before
    settings.WARDKEY_SECRET_KEYS = (K3, K1, K2)
    assert ready()[0] == 200
    settings.WARDKEY_SECRET_KEYS = (K3, K1)
    revoke_token(Actor.system(acme.id), ci.token)
    assert ready()[0] == 200


def test_a_key_that_is_another_than_before_is_named(ci: IssuedToken, settings: Any) -> None:
    remember_keys()
    remember_keys()
    assert set(KeyFingerprint.objects.values_list("key_id", flat=True)) == {"k1", "k2"}
    before = all_rows()
    settings.WARDKEY_SECRET_KEYS = (ServerKey("k2", K3.material), K1)
    status, body = ready()
    assert status == 503
    [fault] = body["faults"]
    assert fault.startswith("server key 'k2' is not the one that this database was used with; put")
    assert fault.endswith("put the old key back under that id, or give yours a new id")
    assert all_rows() == before


def test_what_is_kept_of_a_key_is_not_the_key(db: None) -> None:
    remember_keys()
    rows = repr(list(KeyFingerprint.objects.values()))
    for key in (K1, K2):
        assert key.fingerprint in rows
        for shown in (key.material.hex(), base64.b64encode(key.material).decode()):
            assert shown not in rows


def test_readiness_tells_no_key(ci: IssuedToken, settings: Any) -> None:
    settings.WARDKEY_SECRET_KEYS = (K3,)
    said = repr(ready())
    assert TEST_KEYS.split(":")[1][:12] not in said
