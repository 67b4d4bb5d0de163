"""The catalogue of scopes is the installation's own, if it says so."""

import json
from typing import Any

import pytest
from django.core.checks import run_checks

from accounts.models import ServiceAccount
from tests.clients import RestClient
from tests.conftest import acting

INVOICES = {
    "module": "invoices",
    "label": "Invoices",
    "description": "What customers owe.",
    "group": "Commerce",
    "actions": ["read", "write"],
}


def known(rest: RestClient) -> list[str]:
    """Return every scope, as the API lists them."""
    return [item["scope"] for item in rest.get("/scopes").json()["items"]]


def test_the_default_catalogue_has_three_scopes_for_each_module(rest: RestClient) -> None:
    scopes = known(rest)
    assert scopes[:6] == [
        "read:*",
        "write:*",
        "delete:*",
        "read:feature_flags",
        "write:feature_flags",
        "delete:feature_flags",
    ]
    assert len(scopes) == 3 * (18 + 1)


def test_an_installation_adds_modules_of_its_own(rest: RestClient, settings: Any) -> None:
    before = known(rest)
    settings.WARDKEY_SCOPES = json.dumps({"extend": True, "modules": [INVOICES]})
    assert known(rest) == [*before, "read:invoices", "write:invoices"]
    shown = rest.get("/scopes").json()["items"][-1]
    assert shown == {
        "scope": "write:invoices",
        "action": "write",
        "module": "invoices",
        "label": "Invoices",
        "description": "What customers owe.",
        "group": "Commerce",
        "grantable": True,
    }


def test_an_installation_replaces_them_all(rest: RestClient, settings: Any) -> None:
    settings.WARDKEY_SCOPES = json.dumps({"modules": [INVOICES]})
    assert known(rest) == ["read:*", "write:*", "delete:*", "read:invoices", "write:invoices"]
    body = {"name": "Books", "scopes": ["delete:invoices"]}
    problem = rest.post("/service-accounts", body).json()
    assert problem["code"] == "Token.InvalidScopes"
    assert "write:invoices" in problem["errors"][0]["message"]


def test_a_scope_that_has_left_the_catalogue_is_still_told(
    rest: RestClient, deploy: ServiceAccount, settings: Any
) -> None:
    settings.WARDKEY_SCOPES = json.dumps({"modules": [INVOICES]})
    assert rest.get("/service-accounts/deploy").json()["scopes"] == ["read:releases"]


@pytest.mark.parametrize(
    ("role", "grantable"),
    [
        ("admin", {"read:users", "write:users", "delete:users", "write:tokens", "read:*"}),
        ("developer", {"read:users", "write:tokens", "read:*"}),
        ("viewer", {"read:users", "read:*"}),
    ],
)
def test_what_a_caller_could_grant_is_told(
    role: str, grantable: set[str], request: pytest.FixtureRequest
) -> None:
    items = acting(request.getfixturevalue(role)).get("/scopes").json()["items"]
    asked = {"read:users", "write:users", "delete:users", "write:tokens", "read:*"}
    assert {i["scope"] for i in items if i["grantable"]} & asked == grantable


@pytest.mark.parametrize(
    "text",
    [
        "modules",
        "[]",
        "{}",
        '{"modules": {}}',
        '{"modules": ["invoices"]}',
        '{"modules": [{"label": "Invoices"}]}',
        '{"modules": [{"module": "Invoices"}]}',
        '{"modules": [{"module": "*"}]}',
        '{"modules": [{"module": "invoices", "actions": []}]}',
        '{"modules": [{"module": "invoices", "actions": ["own"]}]}',
        '{"modules": [{"module": "invoices", "actions": 7}]}',
        '{"modules": [{"module": "invoices", "colour": "red"}]}',
        '{"modules": [{"module": "a"}, {"module": "a"}]}',
        '{"extend": true, "modules": [{"module": "tokens"}]}',
    ],
)
def test_a_catalogue_that_cannot_be_read_is_refused_at_start(text: str, settings: Any) -> None:
    settings.WARDKEY_SCOPES = text
    assert [fault.id for fault in run_checks() if not fault.is_silenced()] == ["wardkey.E001"]


@pytest.mark.parametrize("prefix", ["W", "wdk_", "1wk", "w", "w" * 21, "wdk\n"])
def test_a_prefix_that_scanners_could_not_tell_is_refused_at_start(
    prefix: str, settings: Any
) -> None:
    settings.WARDKEY_TOKEN_PREFIXES = ["wdk", prefix]
    assert [fault.id for fault in run_checks() if not fault.is_silenced()] == ["wardkey.E002"]


def test_a_new_prefix_leaves_earlier_tokens_good(
    rest: RestClient, deploy: ServiceAccount, settings: Any
) -> None:
    tokens = "/service-accounts/deploy/tokens"
    old = rest.post(tokens, {"name": "old"}).json()["token"]
    settings.WARDKEY_TOKEN_PREFIXES = ["acme", "wdk"]
    made = rest.post(tokens, {"name": "new"}, documented=False).json()
    assert made["token"].startswith("acme_")
    assert made["prefix"] == made["token"][:9]
    for secret in (old, made["token"]):
        assert rest.acting_as(secret).get("/tokens/validate").status_code == 200
    settings.WARDKEY_TOKEN_PREFIXES = ["acme"]
    assert rest.acting_as(old).get("/tokens/validate").status_code == 401
