"""Refresh tokens: good once, kept as digests, ended together."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.keys import key_ring, parse_keys
from accounts.models import AuditEvent, Membership, RefreshFamily
from tests.clients import Answer, RestClient
from tests.conftest import PASSWORD
from tests.organizations.rows import all_rows
from tests.settings import TEST_KEYS

K3 = f"k3:{base64.b64encode(b'a third key of the tests, in bytes').decode()}"


def started(membership: Membership) -> str:
    """Sign the member in, and return the refresh token."""
    body = {"email": membership.user.email, "password": PASSWORD}
    return str(RestClient().post("/auth/token", body).json()["refresh"])


def renew(text: Any, door: str = "/api") -> Answer:
    """Ask for the next JWT."""
    return RestClient(door).post("/auth/token/refresh", {"refresh": text})


def end(text: str, door: str = "/api") -> Answer:
    """Sign out."""
    return RestClient(door).post("/auth/token/revoke", {"refresh": text})


def test_each_refresh_token_gets_the_next_and_a_jwt(owner: Membership, door: str) -> None:
    text = started(owner)
    seen = {text}
    for _ in range(3):
        answer = renew(text, door)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        text = answer.json()["refresh"]
        assert RestClient(door, answer.json()["access"]).get("/whoami").status_code == 200
        seen.add(text)
    assert len(seen) == 4
    assert RefreshFamily.objects.count() == 1


def test_using_an_old_one_ends_the_family_and_is_on_record(owner: Membership, door: str) -> None:
    first = started(owner)
    second = renew(first).json()["refresh"]
    third = renew(second).json()["refresh"]
    assert renew(first, door).status_code == 401
    for text in (first, second, third):
        assert renew(text, door).status_code == 401
    event = AuditEvent.objects.get(action="session.reuse_detected")
    family = RefreshFamily.objects.get()
    assert family.ended_at is not None
    assert (event.target_id, event.actor_id) == (family.pk, owner.user_id)


def test_another_sign_in_of_the_same_person_lives_on(owner: Membership) -> None:
    stolen, other = started(owner), started(owner)
    renew(stolen)
    assert renew(stolen).status_code == 401
    assert renew(other).status_code == 200


def test_signing_out_ends_it_and_is_on_record(owner: Membership, door: str) -> None:
    text = renew(started(owner)).json()["refresh"]
    answer = end(text, door)
    assert (answer.status_code, answer.content) == (204, b"")
    assert renew(text, door).status_code == 401
    assert AuditEvent.objects.filter(action="session.ended").count() == 1
    assert end(text, door).status_code == 204
    assert AuditEvent.objects.filter(action="session.ended").count() == 1


def test_signing_out_with_an_old_one_ends_the_family_too(owner: Membership, door: str) -> None:
    first = started(owner)
    latest = renew(first).json()["refresh"]
    assert end(first, door).status_code == 204
    assert renew(latest, door).status_code == 401
    assert AuditEvent.objects.filter(action="session.reuse_detected").count() == 1


def test_a_made_up_refresh_token_ends_nobodys_session(owner: Membership) -> None:
    text = started(owner)
    family = RefreshFamily.objects.get()
    other = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
    before = all_rows()
    for forged in (f"wdr_{family.id.hex}{other}", text[:-1] + ("A" if text[-1] != "A" else "E")):
        assert renew(forged).status_code == 401
        assert end(forged).status_code == 204
    assert all_rows() == before
    assert renew(text).status_code == 200


def test_the_end_of_one_family_stands_for_no_other(owner: Membership, admin: Membership) -> None:
    mine, theirs = started(owner), started(admin)
    crossed = theirs[: len("wdr_") + 32] + mine[len("wdr_") + 32 :]
    assert renew(crossed).status_code == 401
    assert renew(theirs).status_code == 200


def test_only_a_keyed_digest_is_kept(owner: Membership) -> None:
    text = started(owner)
    family = RefreshFamily.objects.get()
    assert bytes(family.digest) == key_ring().first.mac("refresh", text.encode())
    rows = repr(all_rows())
    assert text not in rows
    assert text[-20:] not in rows


def test_a_refresh_token_has_its_end(owner: Membership) -> None:
    text = started(owner)
    family = RefreshFamily.objects.get()
    assert timedelta(days=13) < family.expires_at - timezone.now() <= timedelta(days=14)
    RefreshFamily.objects.update(expires_at=timezone.now())
    assert renew(text).status_code == 401


@pytest.mark.parametrize("address", ["/whoami", "/service-accounts", "/tokens/validate"])
def test_a_refresh_token_is_no_credential(address: str, owner: Membership, door: str) -> None:
    assert RestClient(door, started(owner)).get(address).status_code == 401


SPOILT: dict[str, Callable[[str], Any]] = {
    "empty": lambda _: "",
    "truncated": lambda text: text[:-1],
    "longer": lambda text: f"{text}A",
    "upper": str.upper,
    "newline": lambda text: f"{text}\n",
    "padded": lambda text: f" {text}",
    "without its prefix": lambda text: text.removeprefix("wdr_"),
    "non-ascii": lambda text: f"{text[:-1]}é",
    "a path": lambda _: "../../etc/passwd",
    "huge": lambda text: text * 500,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_what_is_no_refresh_token_is_refused(
    spoil: Callable[[str], Any], owner: Membership
) -> None:
    text = started(owner)
    answer = renew(spoil(text))
    assert (answer.status_code, answer.json()["code"]) == (401, "Auth.NoIdentity")
    assert end(spoil(text)).status_code == 204
    assert renew(text).status_code == 200


def test_an_access_jwt_refreshes_nothing(owner: Membership, rest: RestClient) -> None:
    assert renew(rest.credential).status_code == 401


def test_a_refresh_token_survives_the_rotation_of_the_server_keys(
    owner: Membership, settings: Any
) -> None:
    text = started(owner)
    settings.WARDKEY_SECRET_KEYS = parse_keys(f"{K3},{TEST_KEYS}")
    renewed = renew(text)
    assert renewed.status_code == 200
    settings.WARDKEY_SECRET_KEYS = parse_keys(K3)
    assert renew(renewed.json()["refresh"]).status_code == 200


def test_a_refresh_token_of_a_retired_key_is_refused(owner: Membership, settings: Any) -> None:
    text = started(owner)
    settings.WARDKEY_SECRET_KEYS = parse_keys(K3)
    assert renew(text).status_code == 401
    settings.WARDKEY_SECRET_KEYS = parse_keys(TEST_KEYS)
    assert renew(text).status_code == 200
