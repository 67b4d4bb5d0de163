"""Signing in with a password: what is given for the right one, and what nobody learns."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher

from accounts import jwt
from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, Organization, RefreshFamily, User
from accounts.roles import Role
from accounts.services.memberships import add_member, remove_member
from tests.clients import Answer, RestClient
from tests.conftest import PASSWORD, make_person


def sign_in(door: str, **body: Any) -> Answer:
    """Ask for a JWT, as the owner of `acme` unless told."""
    return RestClient(door).post(
        "/auth/token", {"email": "owner@acme.test", "password": PASSWORD, **body}
    )


def test_the_right_password_gives_a_jwt_that_works(door: str, owner: Membership) -> None:
    answer = sign_in(door)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json().keys() == {"access", "refresh"}
    asked = RestClient(door, answer.json()["access"]).get("/whoami").json()
    assert asked["principal"]["id"] == str(owner.user_id)
    assert (asked["organization"]["slug"], asked["role"]) == ("acme", "owner")
    assert not answer.cookies


def test_the_claims_are_exactly_those_of_the_contract(owner: Membership, settings: Any) -> None:
    claims = jwt.read(sign_in("/api").json()["access"])
    begun, ended, jti = claims.pop("iat"), claims.pop("exp"), claims.pop("jti")
    assert ended - begun == timedelta(minutes=5).total_seconds()
    assert uuid.UUID(jti).hex == jti
    assert claims == {
        "iss": settings.WARDKEY_JWT_ISSUER,
        "aud": settings.WARDKEY_JWT_AUDIENCE,
        "sub": str(owner.user_id),
        "org_id": str(owner.organization_id),
        "name": "Owner of acme",
        "email": "owner@acme.test",
        "token_type": "access",
    }


def test_no_two_jwts_share_an_id(owner: Membership) -> None:
    first, second = (jwt.read(sign_in("/api").json()["access"])["jti"] for _ in range(2))
    assert first != second


def test_who_belongs_to_several_says_which(
    door: str, owner: Membership, outsider: Membership
) -> None:
    add_member(
        Actor.system(outsider.organization_id), outsider.organization, owner.user, Role.VIEWER
    )
    assert sign_in(door).status_code == 422
    for slug, role in (("acme", "owner"), ("rival", "viewer")):
        access = sign_in(door, organization=slug).json()["access"]
        asked = RestClient(door, access).get("/whoami").json()
        assert (asked["organization"]["slug"], asked["role"]) == (slug, role)


@pytest.mark.parametrize("slug", ["elsewhere", "ACME", "acme ", ""])
def test_an_organization_that_is_not_theirs_is_answered_with_theirs(
    slug: str, door: str, owner: Membership, outsider: Membership
) -> None:
    add_member(
        Actor.system(outsider.organization_id), outsider.organization, owner.user, Role.VIEWER
    )
    answer = sign_in(door, organization=slug)
    assert (answer.status_code, answer.json()["code"]) == (422, "Request.Invalid")
    [fault] = answer.json()["errors"]
    assert fault["location"] == "body.organization"
    assert fault["message"].endswith("acme, rival")
    assert not RefreshFamily.objects.exists()


def test_an_organization_that_exists_and_is_not_theirs_is_no_different_from_none(
    owner: Membership, outsider: Membership
) -> None:
    there, absent = sign_in("", organization="rival").json(), sign_in("", organization="no").json()
    assert there.pop("errorId") != absent.pop("errorId")
    assert there == absent


@pytest.mark.parametrize(
    "spelling",
    ["OWNER@ACME.TEST", "Owner@Acme.Test", " owner@acme.test ", "ｏｗｎｅｒ@acme.test",  # noqa: RUF001
     "owner@ａｃｍｅ.test"],  # noqa: RUF001 - full width, on purpose
)  # fmt: skip
def test_an_address_is_the_same_in_any_case_and_compatible_form(
    spelling: str, owner: Membership
) -> None:
    assert sign_in("", email=spelling).status_code == 200


@pytest.fixture
def refused_people(owner: Membership, admin: Membership, viewer: Membership) -> None:
    """People whom a right or wrong password does not help."""
    User.objects.filter(pk=admin.user_id).update(is_active=False)
    remove_member(Actor.system(owner.organization_id), owner.organization, viewer.user)
    User.objects.create_user("nopassword@acme.test", None, name="No Password")
    make_person("loner@acme.test", "Loner")


REFUSED = {
    "absent": ("nobody@acme.test", PASSWORD),
    "wrong": ("owner@acme.test", "wrong"),
    "wrong in case": ("owner@acme.test", PASSWORD.upper()),
    "padded": ("owner@acme.test", f"{PASSWORD} "),
    "empty": ("owner@acme.test", ""),
    "inactive": ("adam@acme.test", PASSWORD),
    "no password": ("nopassword@acme.test", PASSWORD),
    "unusable text": ("nopassword@acme.test", "!"),
    "no membership": ("loner@acme.test", PASSWORD),
    "removed": ("vera@acme.test", PASSWORD),
    "not an address": ("owner", PASSWORD),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.usefixtures("refused_people")
def test_every_refusal_looks_the_same(case: str, door: str) -> None:
    answers = []
    for email, password in (REFUSED["absent"], REFUSED[case]):
        answer = sign_in(door, email=email, password=password)
        document = answer.json()
        headers = dict(answer.headers)
        assert document.pop("errorId") == headers.pop("X-Request-Id")
        answers.append((answer.status_code, headers, document))
    assert answers[0] == answers[1]
    status, headers, document = answers[1]
    assert (status, document["code"], document["errors"]) == (401, "Auth.NoIdentity", [])
    assert headers["WWW-Authenticate"] == 'Bearer realm="wardkey", error="invalid_token"'
    assert not RefreshFamily.objects.exists()


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.usefixtures("refused_people")
def test_every_refusal_costs_one_hash(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    encode = MD5PasswordHasher.encode

    def counted(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        calls.append(salt)
        return str(encode(hasher, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    email, password = REFUSED[case]
    assert sign_in("", email=email, password=password).status_code == 401
    assert len(calls) == 1


def test_the_password_stands_in_no_answer_row_or_line(
    owner: Membership, acme: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "a wrong password that is told nowhere"
    told = sign_in("", password=wrong).content + sign_in("", password=[wrong]).content
    told += sign_in("", password=wrong, extra=wrong).content
    assert wrong not in told.decode()
    assert wrong not in caplog.text
    assert sign_in("").status_code == 200
    assert PASSWORD not in repr(list(AuditEvent.objects.values())) + repr(User.objects.values())


def test_a_body_that_is_not_one_is_told_at_its_places(door: str, db: None) -> None:
    answer = RestClient(door).post("/auth/token", {"email": 1, "otp": 123456})
    places = {fault["location"] for fault in answer.json()["errors"]}
    assert answer.status_code == 422
    assert places == {"body.email", "body.password", "body.otp"}


def test_a_session_that_begins_is_on_record(owner: Membership) -> None:
    sign_in("")
    event = AuditEvent.objects.get(action="session.started")
    assert (event.actor_id, event.actor_type) == (owner.user_id, "user")
    assert (event.target_id, event.address) == (RefreshFamily.objects.get().pk, "127.0.0.1")
