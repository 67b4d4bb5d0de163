"""``POST /oauth/introspect``: RFC 7662, as the contract has it in section 8."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Membership, Organization, ServiceAccount
from accounts.services.service_accounts import create_service_account
from tests.clients import FORM, Answer, RestClient
from tests.conftest import acting
from tests.organizations.rows import all_rows
from tests.rest.documents import MEMBERS, expire
from tests.rest.operations import ACCOUNT, TOKEN
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token

ADDRESS = "/oauth/introspect"
INACTIVE = b'{"active":false}'


def introspect(client: RestClient, token: object, **more: str) -> Answer:
    """Ask about a token."""
    return client.post(ADDRESS, {"token": str(token), **more}, content_type=FORM)


def refused(answer: Answer, status: int, error: str) -> dict[str, Any]:
    """Check that the answer is a problem document with RFC 6749's members; return it."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert list(document) == [*MEMBERS, "error", "error_description"]
    assert document["error"] == error
    assert document["error_description"] == document["detail"]
    return document


def test_a_good_token_is_told_by_the_names_of_the_standard(
    ci: IssuedToken, deploy: ServiceAccount, acme: Organization, viewer: Membership, door: str
) -> None:
    answer = introspect(acting(viewer, door), ci.secret)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "active": True,
        "scope": "write:releases write:tokens",
        "client_id": "deploy",
        "sub": str(deploy.id),
        "org_id": str(acme.id),
        "token_type": "Bearer",
        "iat": int(ci.token.created_at.timestamp()),
        "jti": str(ci.token.id),
    }


def test_an_end_is_told_in_seconds(deploy: ServiceAccount, rest: RestClient) -> None:
    ends_at = timezone.now().astimezone(UTC) + timedelta(days=1)
    system = Actor.system(deploy.organization_id)
    issued = issue_token(system, deploy, name="x", scopes=[], expires_at=ends_at)
    told = introspect(rest, issued.secret).json()
    assert (told["exp"], told["scope"]) == (int(ends_at.timestamp()), "")


def test_a_token_that_follows_its_account_is_told_with_the_accounts_scopes(
    deploy: ServiceAccount, rest: RestClient
) -> None:
    secret = issue_token(Actor.system(deploy.organization_id), deploy, name="x").secret
    assert introspect(rest, secret).json()["scope"] == "read:releases"
    rest.patch(ACCOUNT, {"scopes": ["read:users"]})
    assert introspect(rest, secret).json()["scope"] == "read:users"


@pytest.mark.parametrize("end", ["revoked", "expired", "disabled", "deleted", "suspended"])
def test_a_dead_token_is_exactly_inactive(
    end: str, ci: IssuedToken, rest: RestClient, acme: Organization, owner: Membership
) -> None:
    asker = rest
    assert introspect(asker, ci.secret).json()["active"] is True
    if end == "revoked":
        assert rest.delete(TOKEN).status_code == 204
    elif end == "expired":
        expire("ci")
    elif end == "disabled":
        assert rest.post(f"{ACCOUNT}/disable").status_code == 200
    elif end == "deleted":
        assert rest.delete(ACCOUNT).status_code == 204
    else:
        Organization.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
        refused(introspect(asker, ci.secret), 401, "invalid_token")
        return
    answer = introspect(asker, ci.secret)
    assert (answer.status_code, answer.content) == (200, INACTIVE)


def test_what_is_no_token_of_ones_own_is_exactly_inactive(
    ci: IssuedToken, outsider: Membership, rest: RestClient
) -> None:
    own = rest.credential or ""
    changed = f"{str(ci.secret)[:-1]}{'0' if str(ci.secret)[-1] != '0' else '1'}"
    asked = [
        (acting(outsider), str(ci.secret)),
        (rest, f"wdk_{'0' * 38}"),
        (rest, changed),
        (rest, f"{ci.secret} "),
        (rest, f" {ci.secret}"),
        (rest, f"{ci.secret}\n"),
        (rest, f"{ci.secret}\0"),
        (rest, own),
        (rest, "x"),
        (rest, "é" * 100),
        (rest, "x" * 60_000),
    ]
    for client, token in asked:
        answer = introspect(client, token)
        assert (answer.status_code, answer.content) == (200, INACTIVE), token[:60]


def test_another_organizations_token_leaves_no_trace(ci: IssuedToken, outsider: Membership) -> None:
    before = all_rows()
    assert introspect(acting(outsider), ci.secret).content == INACTIVE
    assert all_rows() == before


def test_a_hint_and_other_members_are_ignored(ci: IssuedToken, rest: RestClient) -> None:
    for more in ({"token_type_hint": "refresh_token"}, {"token_type_hint": ""}, {"odd": "x"}):
        assert introspect(rest, ci.secret, **more).json()["active"] is True


@pytest.mark.parametrize(
    "form",
    ["&", "token=", "tok=x", "token=a&token=a", "token=a&token=", "token_type_hint=x", "Token=x"],
)
def test_the_token_must_stand_exactly_once(form: str, rest: RestClient) -> None:
    answer = rest.post(ADDRESS, form.encode(), content_type=FORM)
    document = refused(answer, 400, "invalid_request")
    assert [fault["location"] for fault in document["errors"]] == ["body.token"]
    assert "value" not in document["errors"][0]


@pytest.mark.parametrize(
    "form", [b"token=%ff%fe", b"token=%00", b"token=%ed%a0%80", b"token=\xff", b"token=%zz"]
)
def test_a_token_of_odd_bytes_is_inactive(form: bytes, rest: RestClient) -> None:
    answer = rest.post(ADDRESS, form, content_type=FORM)
    assert (answer.status_code, answer.content) == (200, INACTIVE)


def test_who_asks_needs_a_credential_that_reads_tokens(
    ci: IssuedToken, deploy: ServiceAccount, anyone: RestClient
) -> None:
    missing = introspect(anyone, ci.secret)
    refused(missing, 401, "invalid_token")
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="wardkey"'
    refused(introspect(anyone.acting_as("nonsense"), ci.secret), 401, "invalid_token")
    follower = issue_token(Actor.system(deploy.organization_id), deploy, name="x").secret
    lacking = introspect(anyone.acting_as(str(follower)), ci.secret)
    assert refused(lacking, 403, "insufficient_scope")["code"] == "Auth.MissingScope"
    assert 'scope="read:tokens"' in lacking.headers["WWW-Authenticate"]
    able = introspect(anyone.acting_as(str(ci.secret)), follower)
    assert able.json()["active"] is True


def test_the_caller_is_not_told_by_the_form(ci: IssuedToken, anyone: RestClient) -> None:
    body = {"token": str(ci.secret), "client_id": "deploy", "client_secret": str(ci.secret)}
    answer = anyone.post(ADDRESS, body, content_type=FORM)
    refused(answer, 401, "invalid_token")


def test_a_secret_does_not_ride_in_an_address(ci: IssuedToken, rest: RestClient) -> None:
    answer = rest.get(f"{ADDRESS}?token={ci.secret}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.json()["error"] == "invalid_request"
    asked = rest.post(f"{ADDRESS}?token={ci.secret}", {"token": "x"}, content_type=FORM)
    document = refused(asked, 422, "invalid_request")
    assert str(ci.secret) not in asked.content.decode()
    assert document["errors"] == [
        {"location": "query.token", "message": "is not a member of this request"}
    ]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data"])
def test_only_a_form_is_read(content_type: str, ci: IssuedToken, rest: RestClient) -> None:
    body = f'{{"token": "{ci.secret}"}}'.encode()
    answer = rest.post(ADDRESS, body, content_type=content_type)
    document = refused(answer, 415, "invalid_request")
    assert FORM in document["detail"]


def test_a_form_in_another_encoding_is_not_read(ci: IssuedToken, rest: RestClient) -> None:
    right = f"token={ci.secret}".encode()
    other = rest.post(ADDRESS, right, content_type=f"{FORM}; charset=utf-16")
    refused(other, 415, "invalid_request")
    headers = {"Content-Encoding": "gzip"}
    refused(rest.post(ADDRESS, b"x", content_type=FORM, headers=headers), 415, "invalid_request")
    assert rest.post(ADDRESS, right, content_type=f"{FORM}; charset=UTF-8").json()["active"] is True


def test_a_form_of_many_members_is_refused(rest: RestClient) -> None:
    form = "&".join(f"a{n}=" for n in range(9000)).encode()
    refused(rest.post(ADDRESS, b"token=x&" + form, content_type=FORM), 400, "invalid_request")


def test_a_form_that_is_too_large_is_refused(rest: RestClient) -> None:
    refused(
        rest.post(ADDRESS, b"token=" + b"x" * 65_536, content_type=FORM), 413, "invalid_request"
    )


def test_introspection_writes_nothing(ci: IssuedToken, rest: RestClient) -> None:
    before = all_rows()
    introspect(rest, ci.secret)
    assert all_rows() == before
    assert Token.objects.count() == 1


def test_an_account_of_the_same_name_elsewhere_is_told_by_its_own_id(
    ci: IssuedToken, outsider: Membership
) -> None:
    system = Actor.system(outsider.organization_id)
    account = create_service_account(system, name="Deploy", slug="deploy")
    secret = issue_token(system, account, name="ci", slug="ci").secret
    told = introspect(acting(outsider), secret).json()
    assert (told["client_id"], told["sub"]) == ("deploy", str(account.id))
    assert told["org_id"] == str(outsider.organization_id)
