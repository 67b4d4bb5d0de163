"""Creating a token: what it looks like, and what may be said of it."""

import json
import re
import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Membership, ServiceAccount
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.documents import ID, SECRET, TIME, UNUSED, places, read_time, refused, within
from tokens.models import Token
from tokens.services.issue import IssuedToken

ACCOUNT = "/service-accounts/deploy"
TOKENS = "/service-accounts/deploy/tokens"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BARE = [
    *("id", "slug", "name", "serviceAccountId", "scopes", "inheritsScopes", "prefix"),
    *("status", "createdAt", "createdBy"),
]


def check_of(body: str) -> str:
    """Return the contract's check characters, computed from its words alone."""
    number = zlib.crc32(body.encode())
    digits = [DIGITS[number // 62**place % 62] for place in range(5, -1, -1)]
    return "".join(digits)


def test_a_token_with_nothing_but_a_name(
    rest: RestClient, deploy: ServiceAccount, owner: Membership, door: str
) -> None:
    client = RestClient(door, rest.credential)
    answer = client.post(TOKENS, {"name": "Night Run"})
    token = answer.json()
    assert list(token) == [*BARE, "token"]
    assert json.dumps(token, separators=(",", ":")) == answer.content.decode()
    assert ID.fullmatch(token["id"])
    assert re.fullmatch(r"night-run-[a-z0-9]{8}", token["slug"])
    assert answer.headers["Location"] == f"{door}{TOKENS}/{token['slug']}"
    assert token["serviceAccountId"] == str(deploy.id)
    assert (token["scopes"], token["inheritsScopes"]) == (["read:releases"], True)
    assert token["status"] == "active"
    assert TIME.fullmatch(token["createdAt"])
    assert token["createdBy"] == {"id": str(owner.user.id), "name": "Owner of acme"}
    secret = token.pop("token")
    assert token["prefix"] == secret[:8]
    assert client.get(f"{TOKENS}/{token['slug']}").json() == token | UNUSED
    assert client.get(TOKENS).json() == {"items": [token], "hasMore": False}


def test_a_token_with_everything(rest: RestClient, deploy: ServiceAccount) -> None:
    full = {
        "name": "Full",
        "slug": "full",
        "description": "one\ntwo",
        "scopes": ["write:releases", "read:audit", "read:audit"],
        "expiresAt": within(days=2),
    }
    token = rest.post(TOKENS, full).json()
    assert set(token) == {*BARE, "description", "expiresAt", "token"}
    assert token["scopes"] == ["write:releases", "read:audit"]
    assert not token["inheritsScopes"]
    assert (token["slug"], token["description"]) == ("full", "one\ntwo")
    assert token["expiresAt"] == full["expiresAt"]
    rest.delete(f"{TOKENS}/full")
    ended = rest.get(f"{TOKENS}/full").json()
    ends = ("description", "expiresAt", "revokedAt", "revokedBy")
    assert set(ended) == {*BARE, *ends, "usage"}
    assert "null" not in rest.get(f"{TOKENS}/full").content.decode()


def test_the_secret_has_the_form_that_scanners_know(
    rest: RestClient, deploy: ServiceAccount
) -> None:
    secrets = [rest.post(TOKENS, {"name": f"t{at}"}).json()["token"] for at in range(10)]
    assert len(set(secrets)) == 10
    for secret in secrets:
        assert SECRET.fullmatch(secret)
        assert secret[-6:] == check_of(secret[:-6])
        assert rest.acting_as(secret).get("/whoami").status_code == 200
    swapped = secrets[0][:-6] + secrets[1][-6:]
    refused(rest.acting_as(swapped).get("/whoami"), 401, "Auth.NoIdentity")


def test_the_log_says_who_made_what(rest: RestClient, ci: IssuedToken) -> None:
    token = rest.acting_as(str(ci.secret)).post(TOKENS, {"name": "child", "scopes": []}).json()
    assert token["createdBy"] == {"id": token["serviceAccountId"], "name": "Deploy"}
    line = AuditEvent.objects.get(action="token.issued", target_id=token["id"])
    assert (line.actor_type, line.actor_name) == ("service_account", "Deploy")
    assert line.changes["name"] == {"before": None, "after": "child"}
    assert token["token"] not in repr(line.changes)


@pytest.mark.parametrize(
    ("scopes", "kept", "inherits"),
    [
        ({}, ["read:releases"], True),
        ({"scopes": None}, ["read:releases"], True),
        ({"scopes": []}, [], False),
        ({"scopes": ["read:releases"]}, ["read:releases"], False),
        ({"scopes": ["write:*"]}, ["write:*"], False),
    ],
)
def test_scopes_are_named_or_followed(
    rest: RestClient, deploy: ServiceAccount, scopes: Any, kept: list[str], inherits: bool
) -> None:
    token = rest.post(TOKENS, {"name": "x", **scopes}).json()
    assert (token["scopes"], token["inheritsScopes"]) == (kept, inherits)
    whoami = rest.acting_as(token["token"]).get("/whoami").json()
    assert whoami["scopes"] == kept


def test_null_is_not_given(rest: RestClient, deploy: ServiceAccount) -> None:
    optional = ("slug", "description", "scopes", "expiresAt")
    token = rest.post(TOKENS, {"name": "x"} | dict.fromkeys(optional)).json()
    assert list(token) == [*BARE, "token"]


@pytest.mark.parametrize(
    "member",
    [
        *("id", "organization", "organizationId", "serviceAccount", "serviceAccountId", "prefix"),
        *("createdAt", "createdBy", "revokedAt", "revokedBy", "digest", "keyId", "key_id"),
        *("status", "token", "secret", "inheritsScopes", "lastUsedAt", "expires_at", "scopesX"),
    ],
)
def test_what_is_not_for_the_caller_to_say_is_refused(
    rest: RestClient, ci: IssuedToken, member: str
) -> None:
    before = list(Token.objects.values())
    for method, address in (("post", TOKENS), ("patch", f"{TOKENS}/ci")):
        answer = rest.ask(method, address, {"name": "x", member: "sneaky-value"})
        assert places(answer, 422, "Request.Invalid") == [f"body.{member}"]
        assert "sneaky-value" not in answer.content.decode()
    assert list(Token.objects.values()) == before


def test_a_slug_does_not_change(rest: RestClient, ci: IssuedToken) -> None:
    assert places(rest.patch(f"{TOKENS}/ci", {"slug": "other"})) == ["body.slug"]


def test_a_name_is_its_own_among_the_not_revoked(rest: RestClient, deploy: ServiceAccount) -> None:
    first = rest.post(TOKENS, {"name": "Cafe\u0301"}).json()
    refused(rest.post(TOKENS, {"name": " Café "}), 409, "CreateToken.Conflict")
    assert rest.post(TOKENS, {"name": "café"}).status_code == 201
    Token.objects.filter(slug=first["slug"]).update(expires_at=timezone.now())
    refused(rest.post(TOKENS, {"name": "Café"}), 409, "CreateToken.Conflict")
    rest.delete(f"{TOKENS}/{first['slug']}")
    assert rest.post(TOKENS, {"name": "Café"}).status_code == 201


def test_a_name_is_free_in_every_other_account(rest: RestClient, ci: IssuedToken) -> None:
    rest.post("/service-accounts", {"name": "Other", "slug": "other"})
    answer = rest.post("/service-accounts/other/tokens", {"name": "ci", "slug": "ci"})
    assert answer.status_code == 201


def test_a_slug_is_its_own_for_ever(rest: RestClient, ci: IssuedToken) -> None:
    same = {"name": "another", "slug": "ci"}
    refused(rest.post(TOKENS, same), 409, "CreateToken.SlugConflict")
    rest.delete(f"{TOKENS}/ci")
    refused(rest.post(TOKENS, same), 409, "CreateToken.SlugConflict")


@pytest.mark.parametrize(
    "text",
    [
        "2030-01-31T12:00:00",
        "2030-01-31",
        "2030-01-31 12:00:00Z",
        "2030-02-30T12:00:00Z",
        "2030-01-31T25:00:00Z",
        "2030-01-31T12:00:00+0100",
        "2030-01-31T12:00:00+25:00",
        "20300131T120000Z",
        "2030-W05-4T12:00:00Z",
        "٢٠٣٠-01-31T12:00:00Z",
        "2030-01-31T12:00:00Z\n",
        "9999-12-31T23:59:59-12:00",
        "soon",
        "",
        1_900_000_000,
        True,
        [],
    ],
)
def test_an_end_is_a_time_with_an_offset(rest: RestClient, ci: IssuedToken, text: Any) -> None:
    assert places(rest.post(TOKENS, {"name": "x", "expiresAt": text})) == ["body.expiresAt"]
    assert places(rest.patch(f"{TOKENS}/ci", {"expiresAt": text})) == ["body.expiresAt"]


@pytest.mark.parametrize("ago", [0, 1, 3600])
def test_an_end_lies_ahead(rest: RestClient, ci: IssuedToken, ago: int) -> None:
    for answer in (
        rest.post(TOKENS, {"name": "x", "expiresAt": within(seconds=-ago)}),
        rest.patch(f"{TOKENS}/ci", {"expiresAt": within(seconds=-ago)}),
    ):
        (fault,) = refused(answer, 422, "Request.Invalid")["errors"]
        assert (fault["location"], fault["message"]) == ("body.expiresAt", "must be in the future")


def test_an_end_is_kept_as_it_is_told_in_utc_to_the_millisecond(
    rest: RestClient, ci: IssuedToken
) -> None:
    moment = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    local = (moment + timedelta(hours=5, minutes=30)).replace(tzinfo=None).isoformat()
    for fraction, shown in (("", ""), (".5", ".500"), (".123999999", ".123"), (".000", "")):
        answer = rest.patch(f"{TOKENS}/ci", {"expiresAt": f"{local}{fraction}+05:30"})
        expected = moment.replace(tzinfo=None).isoformat() + shown + "Z"
        assert answer.json()["expiresAt"] == expected
        ci.token.refresh_from_db()
        assert ci.token.expires_at == datetime.fromisoformat(expected)
    lower = moment.replace(tzinfo=None).isoformat().lower() + "z"
    assert rest.patch(f"{TOKENS}/ci", {"expiresAt": lower}).json()["expiresAt"] == lower.upper()


def test_the_longest_life_is_told_and_never_adjusted(
    rest: RestClient, deploy: ServiceAccount, settings: Any
) -> None:
    settings.WARDKEY_MAX_TOKEN_LIFETIME = timedelta(days=30)
    far = within(days=31)
    for sent in ({}, {"expiresAt": None}, {"expiresAt": far}):
        answer = rest.post(TOKENS, {"name": "x", **sent})
        (fault,) = refused(answer, 422, "Request.Invalid")["errors"]
        assert fault["location"] == "body.expiresAt"
        assert fault.get("value") == sent.get("expiresAt")
        assert ("value" in fault) == ("expiresAt" in sent)
        (latest,) = re.findall(r"\d{4}-\S+Z", fault["message"])
        assert timedelta(days=29, hours=23) < read_time(latest) - timezone.now()
        assert read_time(latest) - timezone.now() <= timedelta(days=30)
    made = rest.post(TOKENS, {"name": "x", "slug": "xx", "expiresAt": latest})
    assert (made.status_code, made.json()["expiresAt"]) == (201, latest)
    for sent in ({"expiresAt": None}, {"expiresAt": far}):
        assert places(rest.patch(f"{TOKENS}/xx", sent)) == ["body.expiresAt"]
    assert rest.patch(f"{TOKENS}/xx", {"expiresAt": within(days=1)}).status_code == 200


def test_a_change_of_name_does_not_fall_to_a_new_limit(
    rest: RestClient, ci: IssuedToken, settings: Any
) -> None:
    settings.WARDKEY_MAX_TOKEN_LIFETIME = timedelta(days=30)
    assert rest.patch(f"{TOKENS}/ci", {"name": "renamed"}).status_code == 200


def test_a_token_that_follows_is_measured_by_what_it_follows(
    rest: RestClient, developer: Membership, deploy: ServiceAccount
) -> None:
    rest.patch(ACCOUNT, {"scopes": ["read:releases", "write:releases"]})
    client = acting(developer)
    for body in ({"name": "x"}, {"name": "x", "scopes": None}):
        answer = client.post(TOKENS, body)
        errors = refused(answer, 403, "Token.ScopeNotHeld")["errors"]
        assert [(fault["location"], fault["value"]) for fault in errors] == [
            ("body.scopes", "write:releases")
        ]
    assert client.post(TOKENS, {"name": "x", "scopes": ["read:releases"]}).status_code == 201


@pytest.mark.parametrize("place", ["name", "description", "slug", "scopes", "odd"])
def test_a_secret_in_the_wrong_place_is_refused_and_told_nowhere(
    rest: RestClient, ci: IssuedToken, place: str
) -> None:
    secret = str(ci.secret)
    value: Any = [secret] if place == "scopes" else f"my {secret}"
    for body in ({"name": "x"} | {place: value}, {"name": "x", f"{place}{secret}": 1}):
        for method, address in (("post", TOKENS), ("patch", f"{TOKENS}/ci"), ("put", ACCOUNT)):
            answer = rest.ask(method, address, body)
            assert answer.status_code == 422
            assert secret not in answer.content.decode() + repr(answer.headers)
    assert secret not in repr(list(AuditEvent.objects.values()))
    assert secret not in repr(list(Token.objects.values()))


def test_a_secret_in_an_address_is_told_nowhere(rest: RestClient, ci: IssuedToken) -> None:
    secret = str(ci.secret)
    for address in (
        f"/service-accounts/{secret}",
        f"{TOKENS}/{secret}",
        f"{TOKENS}?q={secret}",
        f"{TOKENS}?cursor={secret}",
        f"{TOKENS}?{secret}=1",
        f"{TOKENS}?status={secret}",
    ):
        answer = rest.get(address)
        assert secret not in answer.content.decode() + repr(answer.headers)
