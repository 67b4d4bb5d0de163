"""Nothing that is ours to keep goes out, whatever an operation answers."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.api.base import PublicViewSet
from tests.clients import RestClient
from tests.organizations.operations import Operation
from tests.rest.documents import refused
from tests.strictness.cases import BUILT, good_body
from tokens.services.issue import IssuedToken

_SESSION, _CSRF = settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME
COOKIES = {
    "the form of the console's": f"{_SESSION}={'s' * 32}; {_CSRF}={'c' * 32}",
    "a session of no such form": f"{_SESSION}=x",
    "a CSRF token of no such form": f"{_CSRF}=x",
}
"""By what they have."""
FOR_PROGRAMS = ["/tokens/validate", "/healthz", "/problems/", "/openapi.json", "/metrics", "/none"]
"""Addresses beside the operations."""

every_operation = pytest.mark.parametrize("operation", BUILT, ids=str)

NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK(1)",
    "{{7*7}}",
    "%s%n",
    "'; DROP TABLE tokens_token; --",
    "../../etc/passwd",
]


@every_operation
def test_a_bug_tells_nothing_of_itself(
    operation: Operation, rest: RestClient, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(PublicViewSet, "initial", fail)
    address = operation.address.format(account="deploy", token="ci")
    answer = rest.ask(
        operation.method, address, good_body(operation) or None, content_type=operation.content_type
    )
    assert answer.status_code == 500
    document = answer.json()
    assert (document["code"], document["errors"]) == ("Server.Error", [])
    assert document["errorId"] == answer.headers["X-Request-Id"]
    said = answer.content.decode() + repr(answer.headers)
    assert not [word for word in ("hunter2", "RuntimeError", "Traceback", ".py") if word in said]


@every_operation
def test_no_answer_is_kept_framed_guessed_at_or_opened_to_other_origins(
    operation: Operation, rest: RestClient, ci: IssuedToken
) -> None:
    address = operation.address.format(account="deploy", token="ci")
    for client in (rest, rest.acting_as(None)):
        answer = client.ask(
            operation.method,
            address,
            good_body(operation) or None,
            content_type=operation.content_type,
            headers={"Origin": "https://evil.test"},
        )
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert "Set-Cookie" not in answer.headers
        assert not answer.cookies


@every_operation
@pytest.mark.parametrize("kind", COOKIES)
def test_no_operation_is_answered_by_cookie(
    operation: Operation, kind: str, rest: RestClient, ci: IssuedToken
) -> None:
    address = operation.address.format(account="deploy", token="ci")
    answer = rest.ask(
        operation.method,
        address,
        good_body(operation) or None,
        content_type=operation.content_type,
        headers={"Cookie": COOKIES[kind]},
    )
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize("address", FOR_PROGRAMS)
@pytest.mark.parametrize("kind", COOKIES)
def test_no_other_address_for_programs_is_answered_by_cookie(
    address: str, kind: str, db: None
) -> None:
    answer = Client(headers={"Cookie": COOKIES[kind]}).get(address)
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")


@every_operation
@pytest.mark.parametrize("method", ["TRACE", "OPTIONS"])
def test_no_address_answers_what_only_browsers_and_attackers_ask(
    operation: Operation, method: str, rest: RestClient, ci: IssuedToken
) -> None:
    address = operation.address.format(account="deploy", token="ci")
    answer = rest.ask(method, address, headers={"X-Secret": "sent along"})
    assert answer.status_code == 405
    assert method not in answer.headers["Allow"]
    assert b"sent along" not in answer.content


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_data_wherever_it_goes(
    name: str, rest: RestClient, ci: IssuedToken, caplog: Any
) -> None:
    made = rest.post("/service-accounts", {"name": name, "description": name})
    assert made.status_code == 201
    slug = made.json()["slug"]
    token = rest.post(f"/service-accounts/{slug}/tokens", {"name": name})
    for answer in (made, token, rest.get("/service-accounts"), rest.get("/audit-events")):
        assert answer.headers["Content-Type"] == "application/json"
        assert json.dumps(name, ensure_ascii=False) in answer.content.decode()
        assert name not in repr(answer.headers)
    refused(rest.post(f"/service-accounts/{slug}/tokens", {"name": name}), 409)
    assert [record for record in caplog.records if "\n" in record.getMessage()] == []
