"""What a refusal tells, and what it keeps to itself."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import ServiceAccount
from tests.clients import RestClient
from tests.rest.documents import places, refused
from tokens.services.issue import IssuedToken

ACCOUNTS = "/service-accounts"
ACCOUNT = "/service-accounts/deploy"
TOKENS = "/service-accounts/deploy/tokens"
CI = "/service-accounts/deploy/tokens/ci"


def form(request: HttpRequest) -> HttpResponse:
    """A view that only a form with its CSRF token reaches."""
    raise AssertionError(f"{request.path} was reached")


urlpatterns = [path("form", form)]
"""The addresses of the one test that needs a view which CSRF protects."""
handler403 = "config.api.problems.forbidden"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("x" * 201, "x" * 200),
        ("漢" * 300, "漢" * 200),
        ("", ""),
        (None, None),
        (5, 5),
        (True, True),
        (1.5, 1.5),
    ],
)
def test_what_was_sent_is_told_cut_at_200_characters(
    rest: RestClient, sent: Any, told: Any
) -> None:
    (fault,) = refused(rest.post(ACCOUNTS, {"name": sent}), 422)["errors"]
    assert fault["value"] == told
    assert type(fault["value"]) is type(told)


def test_what_was_not_sent_is_not_told(rest: RestClient) -> None:
    (fault,) = refused(rest.post(ACCOUNTS, {}), 422)["errors"]
    assert (fault["location"], "value" in fault) == ("body.name", False)


@pytest.mark.parametrize(
    "text",
    [
        "wdk_" + "A" * 38,
        "a wdk_" + "b" * 38 + " c",
        "wdr_" + "a" * 75,
        "eyJ" + "a" * 9 + ".eyJ" + "b" * 20 + "." + "c" * 43,
    ],
)
@pytest.mark.parametrize("place", ["slug", "name", "expiresAt", "scopes"])
def test_a_value_that_is_a_secret_is_not_told(
    rest: RestClient, deploy: ServiceAccount, text: str, place: str
) -> None:
    long_enough = text + " " + "x" * 200
    value: Any = [long_enough] if place == "scopes" else long_enough
    answer = rest.post(TOKENS, {"name": "x", place: value})
    assert places(answer)[0].startswith(f"body.{place}")
    assert text.strip("a c")[:20] not in answer.content.decode()


def test_a_password_is_not_told(anyone: RestClient) -> None:
    for password in (5, None, ["hunter2"], {"a": "hunter2"}):
        answer = anyone.post("/auth/token", {"email": "a@b.test", "password": password})
        (fault,) = refused(answer, 422)["errors"]
        assert set(fault) == {"location", "message"}
        assert "hunter2" not in answer.content.decode()
    answer = anyone.post("/auth/token", {"email": "a@b.test", "passwort": "hunter2"})
    assert sorted(places(answer)) == ["body.password", "body.passwort"]
    assert "hunter2" not in answer.content.decode()


@pytest.mark.parametrize("kind", ["refresh", "revoke"])
def test_a_refresh_token_is_not_told(anyone: RestClient, kind: str) -> None:
    answer = anyone.post(f"/auth/token/{kind}", {"refresh": 12345})
    (fault,) = refused(answer, 422)["errors"]
    assert set(fault) == {"location", "message"}


def test_the_instance_keeps_its_door_and_loses_its_query(rest: RestClient, door: str) -> None:
    client = RestClient(door, rest.credential)
    document = refused(client.get(f"{ACCOUNTS}?status=x&q=hello"), 422)
    assert document["instance"] == f"{door}{ACCOUNTS}"
    assert refused(client.get("/no%20where?a=b"), 404)["instance"] == f"{door}/no where"


def test_a_secret_in_the_path_is_left_out(anyone: RestClient) -> None:
    answer = anyone.get("/service-accounts/wdk_" + "A" * 38)
    assert answer.status_code == 404
    assert answer.json()["instance"] == "/api/service-accounts/[redacted]"


@pytest.mark.parametrize("status", [401, 403, 404, 405, 406, 409, 413, 415, 422])
def test_each_type_leads_to_its_page(
    rest: RestClient, ci: IssuedToken, door: str, status: int
) -> None:
    client = RestClient(door, rest.credential)
    answer = {
        401: lambda: client.acting_as(None).get(ACCOUNTS),
        403: lambda: client.acting_as(str(ci.secret)).get("/audit-events"),
        404: lambda: client.get(f"{TOKENS}/none"),
        405: lambda: client.put(TOKENS, {}),
        406: lambda: client.get(ACCOUNTS, headers={"Accept": "image/png"}),
        409: lambda: client.post(TOKENS, {"name": "ci"}),
        413: lambda: client.post(TOKENS, b" " * 65_537),
        415: lambda: client.post(TOKENS, b"{}", content_type="text/xml"),
        422: lambda: client.post(TOKENS, {}),
    }[status]()
    document = refused(answer, status)
    at = document["type"].removeprefix("http://127.0.0.1:8000")
    page = Client().get(at, headers={"Accept": "application/json"}).json()
    told = {name: document[name] for name in ("type", "code", "status")}
    assert {name: page[name] for name in told} == told
    assert page["cause"]
    assert page["fix"]


def test_the_base_of_the_types_is_a_setting(rest: RestClient, settings: Any) -> None:
    settings.WARDKEY_PROBLEMS_URL = "https://docs.example.com/errors"
    answer = rest.get("/nothing")
    assert answer.json()["type"] == "https://docs.example.com/errors/not-found"


@pytest.mark.urls("tests.rest.test_problems")
def test_a_form_without_its_csrf_token_is_a_problem(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/form", {"a": "b"})
    refused(answer, 403, "Request.Forged")


def test_the_api_needs_no_csrf_token(rest: RestClient) -> None:
    credential = {"Authorization": f"Bearer {rest.credential}"}
    answer = Client(enforce_csrf_checks=True).post(
        f"/api{ACCOUNTS}", {"name": "x"}, content_type="application/json", headers=credential
    )
    assert answer.status_code == 201


def test_why_a_credential_is_bad_is_not_told(
    rest: RestClient, ci: IssuedToken, deploy: ServiceAccount
) -> None:
    secret, jwt = str(ci.secret), str(rest.credential)
    mistyped = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    kinds = ["x", mistyped, "wdk_" + "A" * 38, jwt[:-4], jwt + "x", "a.b.c", secret + "=", "~"]
    bodies = []
    rest.post(f"{ACCOUNT}/disable")
    for credential in (secret, *kinds):
        answer = rest.acting_as(credential).get("/whoami", headers={"X-Request-Id": "same"})
        refused(answer, 401, "Auth.NoIdentity")
        bodies.append((answer.content, answer.headers["WWW-Authenticate"]))
    rest.post(f"{ACCOUNT}/enable")
    rest.delete(CI)
    answer = rest.acting_as(secret).get("/whoami", headers={"X-Request-Id": "same"})
    bodies.append((answer.content, answer.headers["WWW-Authenticate"]))
    assert len(set(bodies)) == 1
