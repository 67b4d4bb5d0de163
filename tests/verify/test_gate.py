"""What a gateway is told: 200 with the identity in headers, 401 or 403."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts import jwt
from accounts.actor import Actor
from accounts.models import Membership, Organization, ServiceAccount
from accounts.services.service_accounts import delete_service_account, disable_service_account
from tests.clients import Answer
from tests.verify.conftest import Gate
from tokens.models import Token
from tokens.secret import TokenSecret
from tokens.services.enable import enable_service_account
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_token

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"]
ADDRESS_MIDDLEWARE = "config.operations.middleware.AddressMiddleware"
CHALLENGE = 'Bearer realm="wardkey", error="invalid_token"'


def identity_in(answer: Answer) -> dict[str, str]:
    """Return the headers that tell whose token it is; names have no case."""
    told = {name.lower(): value for name, value in answer.headers.items()}
    return {name: value for name, value in told.items() if name.startswith("x-wardkey-")}


@pytest.mark.parametrize("method", METHODS)
def test_a_good_token_is_good_by_any_method(
    method: str, gate: Gate, ci: IssuedToken, acme: Organization, deploy: ServiceAccount
) -> None:
    body = "" if method in {"GET", "HEAD"} else "{ no json \0"
    answer = gate(f"Bearer {ci.secret}", method=method, data=body, content_type="text/odd")
    assert (answer.status_code, answer.content) == (200, b"")
    assert identity_in(answer) == {
        "x-wardkey-organization": str(acme.id),
        "x-wardkey-service-account": "deploy",
        "x-wardkey-service-account-id": str(deploy.id),
        "x-wardkey-token": str(ci.token.id),
        "x-wardkey-scopes": "write:releases write:tokens",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Type" not in answer.headers
    assert not answer.cookies


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_good_without_a_credential(method: str, gate: Gate, db: None) -> None:
    answer = gate(method=method)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="wardkey"'
    assert not identity_in(answer)


@pytest.mark.parametrize("origin", ["https://ours.test", "https://evil.test"])
def test_a_browsers_preflight_is_no_way_through(
    origin: str, gate: Gate, settings: Any, db: None
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
    assert Client().options("/tokens/validate", headers=headers).status_code == 401
    settings.CORS_ALLOWED_ORIGINS = ["https://ours.test"]
    cors = "corsheaders.middleware.CorsMiddleware"
    settings.MIDDLEWARE = [*(name for name in settings.MIDDLEWARE if name != cors)]
    settings.MIDDLEWARE.insert(settings.MIDDLEWARE.index(ADDRESS_MIDDLEWARE), cors)
    assert Client().options("/whoami", headers=headers).status_code == 200
    answer = gate(method="OPTIONS", headers=headers)
    assert answer.status_code == 401
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_token_without_scopes_is_good(gate: Gate, acme: Organization, deploy: Any) -> None:
    bare = issue_token(Actor.system(acme.id), deploy, name="bare", scopes=[])
    answer = gate(f"Bearer {bare.secret}")
    assert (answer.status_code, answer.headers["X-Wardkey-Scopes"]) == (200, "")


def test_a_token_that_follows_its_account_has_the_accounts_scopes_of_now(
    gate: Gate, acme: Organization, deploy: ServiceAccount
) -> None:
    heir = issue_token(Actor.system(acme.id), deploy, name="heir")
    assert gate(f"Bearer {heir.secret}").headers["X-Wardkey-Scopes"] == "read:releases"
    ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=["read:billing"])
    assert gate(f"Bearer {heir.secret}").headers["X-Wardkey-Scopes"] == "read:billing"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?scope=write:releases", 200),
        ("?scope=read:releases", 200),
        ("?scope=write:releases&scope=read:tokens", 200),
        ("?scope=write:releases&scope=write:releases", 200),
        ("?scope=delete:releases", 403),
        ("?scope=write:releases&scope=write:billing", 403),
        ("?scope=write:billing&scope=write:releases", 403),
        ("?scope=write:releases%20read:tokens", 403),
        ("?scope=write:*", 403),
        ("?scope=read:*", 403),
        ("?scope=*", 403),
        ("?scope=", 403),
        ("?scope=WRITE:RELEASES", 403),
        ("?scope=write:releases%00", 403),
        ("?scope=write:release", 403),
        ("?scope=admin:releases", 403),
        ("?Scope=write:billing", 200),
        ("?scopes=write:billing&token=x&method=GET&limit=no", 200),
    ],
)
def test_every_scope_that_is_asked_for_is_needed(
    query: str, status: int, gate: Gate, ci: IssuedToken
) -> None:
    answer = gate(f"Bearer {ci.secret}", query)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "Auth.MissingScope"
        assert not identity_in(answer)


def test_a_scope_that_is_missing_is_named(gate: Gate, ci: IssuedToken) -> None:
    query = "?scope=write:billing&scope=write:releases&scope=read:audit"
    challenge = gate(f"Bearer {ci.secret}", query).headers["WWW-Authenticate"]
    expected = 'Bearer error="insufficient_scope", scope="write:billing read:audit"'
    assert challenge == expected


@pytest.mark.parametrize(
    "odd", ["x%0d%0aSet-Cookie:%20a=b", "a%22,%20b=%22c", "%F0%9F%94%91", "%ff", "a" * 5000]
)
def test_an_odd_scope_writes_no_header(odd: str, gate: Gate, ci: IssuedToken) -> None:
    answer = gate(f"Bearer {ci.secret}", f"?scope={odd}")
    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"].count('"') in {2, 4}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("scope", ["write:nothing", "read:nothing", "own:releases", "", "*"])
def test_what_the_catalogue_does_not_know_not_even_write_all_holds(
    scope: str, gate: Gate, acme: Organization, deploy: ServiceAccount
) -> None:
    lord = issue_token(Actor.system(acme.id), deploy, name="lord", scopes=["write:*"])
    assert gate(f"Bearer {lord.secret}", f"?scope={scope}").status_code == 403
    assert gate(f"Bearer {lord.secret}", "?scope=delete:billing&scope=write:*").status_code == 200


def test_a_bad_token_that_lacks_a_scope_is_401(gate: Gate, ci: IssuedToken, rest: Any) -> None:
    rest.delete("/service-accounts/deploy/tokens/ci")
    assert gate(f"Bearer {ci.secret}", "?scope=write:billing").status_code == 401
    assert gate("Bearer no", "?scope=write:billing").status_code == 401


def test_a_persons_jwt_does_not_verify(gate: Gate, owner: Membership) -> None:
    assert gate(f"Bearer {jwt.mint(owner)}").status_code == 401


def _suspend(organization: Organization, at: Any) -> None:
    Organization.objects.filter(pk=organization.pk).update(suspended_at=at)


DEATHS: dict[str, Callable[[Actor, IssuedToken], object]] = {
    "revoked": lambda actor, ci: revoke_token(actor, ci.token),
    "disabled": lambda actor, ci: disable_service_account(actor, ci.token.service_account),
    "deleted": lambda actor, ci: delete_service_account(actor, ci.token.service_account),
    "suspended": lambda _, ci: _suspend(ci.token.organization, timezone.now()),
    "organization deleted": lambda _, ci: Organization.objects.filter(
        pk=ci.token.organization_id
    ).update(deleted_at=timezone.now()),
    "expired": lambda _, ci: Token.objects.filter(pk=ci.token.pk).update(
        expires_at=timezone.now() - timedelta(milliseconds=2)
    ),
}


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_a_dead_token_is_refused_at_once_and_like_any_other(
    death: Callable[[Actor, IssuedToken], object], gate: Gate, ci: IssuedToken, acme: Organization
) -> None:
    assert gate(f"Bearer {ci.secret}").status_code == 200
    death(Actor.system(acme.id), ci)
    answer, unknown = gate(f"Bearer {ci.secret}"), gate(f"Bearer {TokenSecret.mint()}")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == CHALLENGE
    assert answer.json() | {"errorId": ""} == unknown.json() | {"errorId": ""}
    for each in (answer, unknown):
        del each["X-Request-Id"]
    assert dict(answer.headers) == dict(unknown.headers)


def test_what_was_switched_off_comes_back(gate: Gate, ci: IssuedToken, acme: Organization) -> None:
    system = Actor.system(acme.id)
    disable_service_account(system, ci.token.service_account)
    enable_service_account(system, ci.token.service_account)
    _suspend(acme, timezone.now())
    assert gate(f"Bearer {ci.secret}").status_code == 401
    _suspend(acme, None)
    assert gate(f"Bearer {ci.secret}").status_code == 200


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_without_the_database_there_is_no_guess(
    fault: type[Exception], gate: Gate, ci: IssuedToken
) -> None:
    def broken(*_: Any) -> None:
        raise fault("server closed the connection unexpectedly")

    with connection.execute_wrapper(broken):
        for secret in (ci.secret, TokenSecret.mint()):
            answer = gate(f"Bearer {secret}")
            assert (answer.status_code, answer.json()["code"]) == (503, "Server.Unavailable")
            assert answer.headers["Retry-After"] == "1"
        for malformed in ("Bearer no", f"Bearer {str(ci.secret)[:-1]}", "Basic eDp5", None):
            assert gate(malformed).status_code == 401
    assert gate(f"Bearer {ci.secret}").status_code == 200
