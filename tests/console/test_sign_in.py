"""Signing in to the console and out, and what a session is."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, Session, User
from accounts.services.memberships import remove_member
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.console.people import SIGN_IN, sign_in
from tokens.services.issue import IssuedToken

PAGE = "/console/acme/service-accounts"


def test_a_password_opens_the_console(client: Client, owner: Membership) -> None:
    answer = sign_in(client, owner)
    assert (answer.status_code, answer["Location"]) == (303, "/console/")
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("spelled", ["OWNER@acme.test", " owner@acme.test "])
def test_an_address_may_be_spelled_otherwise(
    client: Client, owner: Membership, spelled: str
) -> None:
    assert sign_in(client, owner, email=spelled).status_code == 303


@pytest.mark.parametrize(
    "typed",
    [
        {"password": "another one"},
        {"password": ""},
        {"email": "nobody@acme.test"},
        {"email": ""},
    ],
)
def test_whatever_is_wrong_is_told_alike(
    client: Client, owner: Membership, typed: dict[str, str]
) -> None:
    answer = sign_in(client, owner, **typed)
    assert answer.status_code == 422
    assert "The email address or the password is wrong." in answer.content.decode()
    assert client.get(PAGE).status_code == 302


def test_a_deactivated_person_is_told_what_a_stranger_is(client: Client, owner: Membership) -> None:
    User.objects.filter(pk=owner.user_id).update(is_active=False)
    assert "The email address or the password is wrong." in sign_in(client, owner).content.decode()


def test_the_password_is_not_sent_back(client: Client, owner: Membership) -> None:
    answer = sign_in(client, owner, password="mistyped by one letter")
    assert "mistyped by one letter" not in answer.content.decode()
    assert 'value="owner@acme.test"' in answer.content.decode()


def test_a_session_key_from_before_the_sign_in_is_worth_nothing(
    client: Client, owner: Membership
) -> None:
    client.get("/console/-/sign-in/passkey")
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    sign_in(client, owner)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    fixed = Client()
    fixed.cookies[settings.SESSION_COOKIE_NAME] = before
    assert fixed.get(PAGE).status_code == 302


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    client: Client, owner: Membership
) -> None:
    sign_in(client, owner)
    for cookie in client.cookies.values():
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key
        assert cookie["path"] == "/", cookie.key
        assert not cookie["domain"], cookie.key


def test_over_https_cookies_are_this_hosts_alone(
    client: Client, owner: Membership, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    sign_in(client, owner)
    assert "__Host-wardkey_browser" in client.cookies
    assert client.cookies["__Host-wardkey_browser"]["secure"]
    assert client.cookies[settings.SESSION_COOKIE_NAME]["secure"]


def test_the_table_of_sessions_opens_nothing(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    row = Session.objects.get(user=owner.user)
    written = f"{row.digest} {row.sealed} {row.user_agent}"
    assert key not in written
    assert str(owner.user_id) not in written
    thief = Client()
    for found in (row.digest, row.sealed):
        thief.cookies[settings.SESSION_COOKIE_NAME] = found
        assert thief.get(PAGE).status_code == 302


def test_signing_out_ends_the_session(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    copied = Client()
    copied.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[
        settings.SESSION_COOKIE_NAME
    ].value
    answer = client.post("/console/-/sign-out")
    assert (answer.status_code, answer["Location"]) == (303, SIGN_IN)
    assert copied.get(PAGE).status_code == 302
    assert "You have signed out." in client.get(SIGN_IN).content.decode()


def test_a_link_signs_nobody_out(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    assert client.get("/console/-/sign-out").status_code == 405
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("address", [SIGN_IN, "/console/-/sign-out", "/console/-/password"])
def test_a_form_of_another_site_is_refused(owner: Membership, address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner.user)
    assert (
        strict.post(address, {"email": owner.user.email, "password": PASSWORD}).status_code == 403
    )


@pytest.mark.parametrize("page", ["/console/acme/members", "/console/-/profile?x=1"])
def test_who_was_on_their_way_gets_there(client: Client, owner: Membership, page: str) -> None:
    asked = client.get(page)
    shown = client.get(asked["Location"])
    way_on = re.search(r'name="next" value="([^"]+)"', shown.content.decode())
    assert way_on is not None
    assert sign_in(client, owner, next=way_on[1])["Location"] == page


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/console/",
        "//evil.example/console/",
        "/\\evil.example",
        "/api/whoami",
        "/console/../admin/",
        "/console/%2e%2e/admin/",
        "/console/\\..\\admin/",
        "/console/%5C..%5Cadmin/",
        "/consoles",
        "javascript:alert(1)",
        "http:///console/",
        "\x00/console/",
    ],
)
def test_nobody_is_led_elsewhere(client: Client, owner: Membership, elsewhere: str) -> None:
    assert sign_in(client, owner, next=elsewhere)["Location"] == "/console/"


def test_who_has_signed_in_is_led_on(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    assert (
        client.get(f"{SIGN_IN}?next=/console/acme/members")["Location"] == "/console/acme/members"
    )


def test_a_removed_members_session_opens_nothing_of_the_organization(
    client: Client, admin: Membership, owner: Membership
) -> None:
    sign_in(client, admin)
    assert client.get(PAGE).status_code == 200
    remove_member(Actor.system(admin.organization_id), owner.organization, admin.user)
    assert client.get(PAGE).status_code == 404


def test_a_deactivated_persons_session_stops_at_once(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    User.objects.filter(pk=owner.user_id).update(is_active=False)
    assert client.get(PAGE).status_code == 302


def test_credentials_of_the_api_open_no_page(
    client: Client, owner: Membership, ci: IssuedToken, rest: RestClient
) -> None:
    for credential in (str(ci.secret), rest.credential):
        answer = client.get(PAGE, headers={"Authorization": f"Bearer {credential}"})
        assert answer.status_code == 302


def test_a_session_opens_nothing_of_the_api(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    assert client.get("/api/service-accounts").status_code == 401
    assert client.get("/whoami").status_code == 401


def test_nobody_signs_in_untold(
    client: Client, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr("accounts.services.homes.emit", fail)
    client.raise_request_exception = False
    assert sign_in(client, owner).status_code == 500
    assert client.get(PAGE).status_code == 302
    assert not Session.objects.filter(user=owner.user).exists()


def test_a_session_of_nobody_lasts_for_minutes(client: Client, owner: Membership) -> None:
    def lasts(span: timedelta) -> bool:
        row = Session.objects.latest("created_at")
        told = timedelta(seconds=int(client.cookies[settings.SESSION_COOKIE_NAME]["max-age"]))
        kept = row.expires_at - row.created_at
        assert abs(kept - told) < timedelta(minutes=1), "the cookie goes with its row"
        return abs(kept - span) < timedelta(minutes=1)

    client.get("/console/-/sign-in/passkey")
    assert lasts(timedelta(minutes=30))
    sign_in(client, owner)
    assert lasts(timedelta(hours=12))


def test_use_does_not_put_the_end_of_a_session_off(
    client: Client, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, owner)
    before = Session.objects.get(user=owner.user).expires_at
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(hours=5))
    saved = {"name": "Another", "time_zone": "", "language": ""}
    assert client.post("/console/-/profile", saved).status_code == 303
    assert abs(Session.objects.get(user=owner.user).expires_at - before) < timedelta(minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(hours=13))
    assert client.get(PAGE).status_code == 302


def test_signing_in_and_out_is_told_of(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    client.post("/console/-/sign-out")
    rows = AuditEvent.objects.filter(target_id=owner.user_id, action__startswith="session.")
    found = [(row.action, row.actor_id, row.changes) for row in rows.order_by("at")]
    assert found == [
        ("session.started", owner.user_id, {"by": {"before": None, "after": "password"}}),
        ("session.ended", owner.user_id, {}),
    ]
