"""What ``WARDKEY_ISSUERS`` may say, and what the start refuses."""

import json
from typing import Any

import pytest
from django.core.checks import run_checks

from accounts.issuers.trust import trusted_issuers
from accounts.roles import Role

GOOD = {
    "issuer": "https://login.example.test/",
    "audience": "wardkey",
    "jwks_url": "https://login.example.test/keys",
    "algorithms": ["RS256", "ES256"],
    "organizations": ["0d5f54c1-6d0b-4d4e-8f6b-6f7d1c3a9b21"],
}
GONE = "(left out)"


def refusals(text: str, settings: Any) -> list[str]:
    """Return what the system checks say of a configuration."""
    settings.WARDKEY_ISSUERS = text
    return [str(found.msg) for found in run_checks() if found.id == "wardkey.E003"]


def changed(**changes: Any) -> str:
    """Return the good configuration with these changes."""
    told = {name: value for name, value in (GOOD | changes).items() if value is not GONE}
    return json.dumps([told])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"organizations": ["*"]},
        {"jwks_url": "http://127.0.0.1:8080/keys?x=1"},
        {"jwks_url": "http://[::1]/keys"},
        {"jwks_url": "http://localhost/keys"},
        {"jwks_url": GONE, "jwks_file": "/etc/keys.json"},
        {"claims": {"organization": "tenant"}, "create_members": True, "default_role": "admin"},
    ],
)
def test_a_good_configuration_is_accepted(changes: dict[str, Any], settings: Any) -> None:
    assert refusals(changed(**changes), settings) == []
    [issuer] = trusted_issuers().values()
    assert issuer.default_role == changes.get("default_role", Role.VIEWER)


def test_without_a_configuration_nobody_is_trusted(settings: Any) -> None:
    assert refusals("", settings) == []
    assert trusted_issuers() == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithms": ["HS256"]},
        {"algorithms": ["none"]},
        {"algorithms": ["RS256", "HS512"]},
        {"algorithms": []},
        {"algorithms": GONE},
        {"algorithms": "RS256"},
        {"organizations": GONE},
        {"organizations": []},
        {"organizations": ["*", "acme"]},
        {"organizations": ["acme"]},
        {"organizations": ["0D5F54C1-6D0B-4D4E-8F6B-6F7D1C3A9B21"]},
        {"organizations": "*"},
        {"jwks_url": "http://login.example.test/keys"},
        {"jwks_url": "http://127.0.0.1.example.test/keys"},
        {"jwks_url": "https://user:secret@login.example.test/keys"},
        {"jwks_url": "https://"},
        {"jwks_url": "https://login.example.test:port/keys"},
        {"jwks_url": "file:///etc/keys.json"},
        {"jwks_url": GONE},
        {"jwks_file": "/etc/keys.json"},
        {"jwks_url": GONE, "jwks_file": "keys.json"},
        {"issuer": "http://localhost"},
        {"issuer": ""},
        {"issuer": GONE},
        {"issuer": "x" * 501},
        {"audience": GONE},
        {"audience": ["a"]},
        {"secret": "x"},
        {"claims": {"sub": "x"}},
        {"claims": {"user": 1}},
        {"claims": []},
        {"create_members": "yes"},
        {"default_role": "owner"},
        {"default_role": "king"},
        {"default_role": ["viewer"]},
    ],
    ids=str,
)
def test_what_is_not_safe_is_refused(changes: dict[str, Any], settings: Any) -> None:
    settings.WARDKEY_JWT_ISSUER = "http://localhost"
    assert len(refusals(changed(**changes), settings)) == 1


@pytest.mark.parametrize(
    "text",
    ["{", "{}", "[1]", "1", json.dumps([GOOD, GOOD]), '[{"issuer": "a", "issuer": "b"}]'],
)
def test_what_is_no_list_of_issuers_is_refused(text: str, settings: Any) -> None:
    assert len(refusals(text, settings)) == 1
