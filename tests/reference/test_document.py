"""The OpenAPI document is whole, stable and about this API."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.errors import DomainError
from accounts.web.middleware import is_page
from config.reference.document import document
from tests.reference.contract import faults_of, operation_at, operations, resolved

OPERATION_IDS = {
    "create-jwt",
    "create-service-account",
    "create-service-account-token",
    "delete-service-account",
    "delete-service-account-token",
    "disable-service-account",
    "enable-service-account",
    "get-audit-events",
    "get-forward-keys",
    "get-scopes",
    "get-service-account",
    "get-service-account-token",
    "get-service-account-tokens",
    "get-service-accounts",
    "get-whoami",
    "introspect-token",
    "patch-service-account",
    "patch-service-account-token",
    "refresh-jwt",
    "revoke-jwt",
    "update-service-account",
    "validate-token",
}
LEFT_OUT = {
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/openapi.yaml",
    "/problems/",
    "/problems/{page}",
    "/readyz",
}
"""What the root alone answers: pages and probes."""
ROOT_ALONE = "/.well-known/jwks.json"
"""What the root alone answers, and the document has."""

each_operation = pytest.mark.parametrize(
    "operation", operations().values(), ids=lambda operation: operation["operationId"]
)


def routes(patterns: list[Any], before: str = "/") -> Iterator[tuple[str, set[str]]]:
    """Yield each address of the URLconf with its methods, as the document writes them."""
    for pattern in patterns:
        address = before + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            actions = getattr(pattern.callback, "actions", {"get": "validate"})
            yield address, {method.upper() for method in actions} - {"HEAD"}


def test_drf_spectacular_finds_nothing_to_warn_of(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert yaml.safe_load(capsys.readouterr().out) == document()


def test_every_route_of_both_doors_is_documented_and_nothing_else() -> None:
    everything = dict(routes(get_resolver().url_patterns))
    found = {address: methods for address, methods in everything.items() if not is_page(address)}
    root = {address: methods for address, methods in found.items() if address[:5] != "/api/"}
    doors = {address: methods for address, methods in root.items() if address not in LEFT_OUT}
    behind_api = {a.removeprefix("/api"): m for a, m in found.items() if a.startswith("/api/")}
    documented: dict[str, set[str]] = {}
    for method, path in operations():
        documented.setdefault(path, set()).add(method)
    assert root.keys() - doors.keys() == LEFT_OUT
    assert documented.pop(ROOT_ALONE) == doors.pop(ROOT_ALONE)
    assert doors == behind_api == documented
    assert operation_at("GET", ROOT_ALONE)["servers"] == [{"url": "/"}]


def test_operation_ids_are_stable() -> None:
    assert {operation["operationId"] for operation in operations().values()} == OPERATION_IDS


def test_it_is_openapi_3_1_with_both_doors_as_servers() -> None:
    assert document()["openapi"].startswith("3.1.")
    assert document()["servers"] == [{"url": "/api"}, {"url": "/"}]


@each_operation
def test_an_operation_is_in_a_chapter_and_names_known_credentials(
    operation: dict[str, Any],
) -> None:
    chapters = {tag["name"] for tag in document()["tags"] if tag["description"]}
    assert "``" not in operation["description"]
    assert set(operation["tags"]) <= chapters
    schemes = {name for choice in operation["security"] for name in choice}
    assert schemes <= document()["components"]["securitySchemes"].keys()


@each_operation
def test_a_refusal_names_codes_of_its_status(operation: dict[str, Any]) -> None:
    status_of = {error.code: error.status for error in DomainError.catalogue.values()}
    for status, response in operation["responses"].items():
        if int(status) < 400:
            continue
        content = resolved(response)["content"]["application/problem+json"]
        codes = content["schema"]["allOf"][1]["properties"]["code"]["enum"]
        assert {status_of[code] for code in codes} == {int(status)}
        assert len(content["examples"]) == len(codes)


@each_operation
def test_bodies_are_closed_and_every_example_is_right(operation: dict[str, Any]) -> None:
    request = operation.get("requestBody", {"content": {}})
    for media_type, content in request["content"].items():
        # OAuth has unknown members of a form ignored (RFC 6749 section 3.2).
        is_form = media_type == "application/x-www-form-urlencoded"
        assert resolved(content["schema"]).get("additionalProperties", is_form) is is_form
        assert faults_of(content["schema"], content["example"]) == []
    for response in operation["responses"].values():
        for content in resolved(response).get("content", {}).values():
            samples = [sample["value"] for sample in content.get("examples", {}).values()]
            for sample in samples or [content["example"]]:
                assert faults_of(content["schema"], sample) == []


def test_the_issue_of_a_token_tells_its_scope_and_its_conflicts() -> None:
    operation = operation_at("POST", "/service-accounts/deploy/tokens")
    assert operation["security"] == [
        {"userJwt": ["write:tokens"]},
        {"serviceAccountToken": ["write:tokens"]},
    ]
    conflict = operation["responses"]["409"]["content"]["application/problem+json"]
    assert conflict["schema"]["allOf"][1]["properties"]["code"]["enum"] == [
        "CreateToken.Conflict",
        "CreateToken.SlugConflict",
        "ServiceAccount.Disabled",
    ]
    assert "Location" in operation["responses"]["201"]["headers"]


def test_no_answer_but_the_new_tokens_shows_a_secret() -> None:
    schemas = document()["components"]["schemas"]
    holders = [name for name in schemas if "token" in schemas[name].get("properties", {})]
    assert holders == ["Introspect", "IssuedToken"], "one is a question"


def test_a_create_links_to_all_that_can_be_done_with_what_it_makes() -> None:
    known = {operation["operationId"]: path for (_, path), operation in operations().items()}
    linked: dict[tuple[str, str], set[str]] = {}
    for (_, path), operation in operations().items():
        for status in {"200", "201"} & operation["responses"].keys():
            for name, link in operation["responses"][status].get("links", {}).items():
                assert set(re.findall(r"{(\w+)}", known[name])) == link["parameters"].keys()
                linked.setdefault((path, status), set()).add(name)
    account = {name for name, path in known.items() if path.startswith("/service-accounts/{")}
    token = {name for name in account if known[name].endswith("/{token}")}
    assert linked == {
        ("/service-accounts", "201"): account - token,
        ("/service-accounts", "200"): account - token,
        ("/service-accounts/{account}/tokens", "201"): token,
        ("/service-accounts/{account}/tokens", "200"): token,
    }


def test_the_creates_heed_a_key_and_tell_of_a_repeat() -> None:
    heed = {
        operation["operationId"]
        for operation in operations().values()
        if any(given["name"] == "Idempotency-Key" for given in operation.get("parameters", []))
    }
    assert heed == {"create-service-account", "create-service-account-token"}
    for operation in operations().values():
        told = operation["responses"].get("200", {}).get("headers", {})
        assert ("Idempotent-Replayed" in told) == (operation["operationId"] in heed)


def test_refusals_under_oauth_carry_the_members_of_the_standard() -> None:
    for (_, path), operation in operations().items():
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            content = resolved(response)["content"]["application/problem+json"]
            for sample in content["examples"].values():
                assert ("error" in sample["value"]) == path.startswith("/oauth/")
                assert faults_of(content["schema"], sample["value"]) == []


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    text = yaml.safe_dump(document())
    referred = set(re.findall(r"#/components/(\w+)/([\w-]+)", text))
    defined = {
        (kind, name)
        for kind, components in document()["components"].items()
        for name in components
        if kind != "securitySchemes"
    }
    assert referred == defined


@pytest.mark.parametrize(
    ("address", "media_type"),
    [("/openapi.json", "application/json"), ("/openapi.yaml", "application/yaml")],
)
def test_it_is_served_to_anybody_and_kept_by_caches(address: str, media_type: str) -> None:
    client = Client()
    answer = client.get(address, headers={"Accept": "application/vnd.oai.openapi"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert yaml.safe_load(answer.content) == document()
    known = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["ETag"] == answer.headers["ETag"]
    stale = client.get(address, headers={"If-None-Match": '"another"'})
    assert stale.status_code == 200


def test_it_is_the_roots_alone() -> None:
    assert Client().get("/api/openapi.json").status_code == 404
