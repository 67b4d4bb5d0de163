"""What a signed identity says, how long it is good, and when there is none."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Organization, ServiceAccount
from accounts.request_errors import Unavailable
from tests.clients import present
from tests.forward.conftest import ADDRESS, AUDIENCE, ISSUER, identity, key_set, read
from tokens.gate.forward import signed_identity
from tokens.models import Token
from tokens.services.held_keys import HELD, HeldKeys
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_token
from tokens.signing_keys import SigningKey
from tokens.verify.clock import boot_seconds
from tokens.verify.forward import LIFETIME_SECONDS, sign
from tokens.verify.lookup import reload_token
from tokens.verify.snapshot import TokenSnapshot

NOW = 1_900_000_000.25


@pytest.mark.usefixtures("signing")
def test_it_says_whose_the_token_is_and_what_it_may_do(
    ci: IssuedToken, acme: Organization, deploy: ServiceAccount
) -> None:
    before = int(time.time())
    text = identity(ci.secret)
    told = key_set()
    claims = read(text, told)
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] == claims["iat"] + 60
    assert len(claims["jti"]) == 22
    assert claims == {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(deploy.id),
        "org_id": str(acme.id),
        "scope": "write:releases write:tokens",
        "token_id": str(ci.token.id),
        "jti": claims["jti"],
        "iat": claims["iat"],
        "exp": claims["exp"],
    }
    current = told["keys"][1]
    assert jwt.get_unverified_header(text) == {
        "typ": "wk-forward+jwt",
        "alg": "ES256",
        "kid": current["kid"],
    }


@pytest.mark.usefixtures("signing")
def test_the_five_headers_stand_beside_it_and_nothing_is_kept(ci: IssuedToken) -> None:
    answer = present(ci.secret)
    assert len([name for name in answer.headers if name.startswith("X-Wardkey-")]) == 5
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("signing")
def test_each_has_an_id_of_its_own(ci: IssuedToken) -> None:
    told = key_set()
    assert len({read(identity(ci.secret), told)["jti"] for _ in range(5)}) == 5


@pytest.mark.usefixtures("signing")
def test_it_ends_no_later_than_its_token(acme: Organization, deploy: ServiceAccount) -> None:
    ends = timezone.now() + timedelta(seconds=20)
    brief = issue_token(Actor.system(acme.id), deploy, name="brief", expires_at=ends)
    assert read(identity(brief.secret), key_set())["exp"] == int(ends.timestamp())


def snapshot(*, ends: float | None) -> TokenSnapshot:
    """Return a good token's, which ends so many seconds after ``NOW``."""
    ends_at = None
    if ends is not None:
        ends_at = datetime.fromtimestamp(NOW + ends, UTC)
    return TokenSnapshot(
        token_id=uuid4(),
        token_slug="ci",
        account_id=uuid4(),
        account_slug="deploy",
        account_name="Deploy",
        organization_id=uuid4(),
        scopes=("read:releases",),
        created_at=timezone.now(),
        expires_at=ends_at,
        is_revoked=False,
        account_is_on=True,
        organization_is_live=True,
        key_id="k1",
    )


@pytest.mark.parametrize(
    ("ends", "life", "good_for"),
    [
        (None, 60, 29.875),
        (86_400.0, 60, 29.875),
        (60.0, 60, 29.875),
        (59.9, 60, 29.875),
        (59.5, 59, 29.375),
        (10.0, 10, 4.875),
        (1.0, 1, 0.375),
        (0.8, 1, 0.375),
        (0.5, 0, 0.0),
        (0.0, 0, 0.0),
        (-5.0, -5, 0.0),
    ],
)
def test_it_is_good_for_a_minute_or_to_its_tokens_end_and_handed_out_for_half_of_that(
    ends: float | None, life: int, good_for: float
) -> None:
    key = SigningKey.make()
    signed = sign(key, snapshot(ends=ends), NOW, issuer=ISSUER, audience=AUDIENCE)
    claims = jwt.decode(signed.text, options={"verify_signature": False})
    assert claims["exp"] == int(NOW) + life
    assert claims["iat"] == min(int(NOW), claims["exp"])
    assert signed.good_for == pytest.approx(good_for)
    assert ends is None or claims["exp"] <= NOW + ends
    assert claims["exp"] - NOW <= LIFETIME_SECONDS
    assert signed.header == b"Bearer " + signed.text.encode()
    assert signed.text not in repr(signed)


@pytest.mark.usefixtures("signing")
def test_who_is_refused_gets_none(ci: IssuedToken, acme: Organization) -> None:
    assert "Authorization" not in present(ci.secret, "?scope=write:billing").headers
    assert "Authorization" not in present("wdk_none").headers
    revoke_token(Actor.system(acme.id), ci.token)
    answer = present(ci.secret)
    assert (answer.status_code, "Authorization" in answer.headers) == (401, False)


@pytest.mark.usefixtures("signing")
def test_scopes_that_were_cut_are_gone_from_the_next_one(ci: IssuedToken) -> None:
    Token.objects.filter(pk=ci.token.pk).update(scopes=["read:releases"])
    assert read(identity(ci.secret), key_set())["scope"] == "read:releases"


def test_without_the_setting_there_is_neither_identity_nor_key_set(ci: IssuedToken) -> None:
    answer = present(ci.secret)
    assert (answer.status_code, "Authorization" in answer.headers) == (200, False)
    for address in (ADDRESS, f"/api{ADDRESS}"):
        refused = Client().get(address)
        assert refused.status_code == 404
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.headers["Cache-Control"] == "no-store"
        assert refused.json()["code"] == "Request.NotFound"


def fail(*_: object) -> None:
    raise OperationalError("away")


@pytest.mark.usefixtures("signing")
def test_without_a_key_there_is_no_verdict(
    ci: IssuedToken, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(HELD, "_read", fail)
    for answer in (present(ci.secret), Client().get(ADDRESS)):
        assert answer.status_code == 503
        assert answer.json()["code"] == "Server.Unavailable"
        assert "Authorization" not in answer.headers
    assert present("wdk_none").status_code == 401
    assert "the forward keys cannot be read" in caplog.text


@pytest.mark.usefixtures("signing")
def test_keys_that_cannot_be_read_again_serve_for_a_while_and_no_longer(
    ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity(ci.secret)
    monkeypatch.setattr(HELD, "_read", fail)
    began, clock = boot_seconds(), {"passed": 0.0}
    monkeypatch.setattr("tokens.services.held_keys.boot_seconds", lambda: began + clock["passed"])
    for passed, verdict, told in (
        (1, 200, 200),
        (290, 200, 200),
        (1700, 200, 503),
        (1801, 503, 503),
    ):
        clock["passed"] = passed
        assert present(ci.secret).status_code == verdict
        assert Client().get(ADDRESS).status_code == told


@pytest.mark.usefixtures("signing")
def test_it_is_signed_without_the_database(ci: IssuedToken, django_assert_num_queries: Any) -> None:
    HELD.refresh()
    found = reload_token(ci.token.pk)
    assert found is not None
    with django_assert_num_queries(0):
        signed = signed_identity(found.snapshot)
    assert signed is not None
    assert read(signed.text, key_set())["token_id"] == str(ci.token.id)


def test_whoever_holds_no_keys_yet_is_told_so_at_once() -> None:
    holder = HeldKeys(fail)  # type: ignore[arg-type]  # it is not to be asked
    with pytest.raises(Unavailable):
        holder.now()


@pytest.mark.usefixtures("signing")
def test_the_key_set_is_public_kept_briefly_and_has_no_private_half() -> None:
    answer = Client().get(ADDRESS, headers={"Accept": "application/jwk-set+json"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    keys = answer.json()["keys"]
    assert len({key["kid"] for key in keys}) == 3
    members = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256"}
    for key in keys:
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert {name: key[name] for name in members} == members
