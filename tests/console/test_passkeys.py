"""Passkeys: two factors at once, so each proof of one has asked for a PIN or a finger."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import AuditEvent, Membership, User
from tests.console.factors import ASKED, LIST, PAGE
from tests.console.passkeys import ADD, ALONE, Passkey, add_passkey, options_on
from tests.console.people import SIGN_IN, sign_in


@pytest.fixture
def passkey(client: Client, owner: Membership) -> Passkey:
    """A passkey of the owner of `acme`, added at the console."""
    sign_in(client, owner)
    return add_passkey(client, owner.user)


def alone(browser: Client, passkey: Passkey, options: dict[str, Any] | None = None) -> Any:
    """Sign in with a passkey and no password."""
    asked = options or browser.get(ALONE).json()
    return browser.post(ALONE, {"credential": passkey.proved(asked)})


def test_a_passkey_signs_in_alone(passkey: Passkey) -> None:
    browser = Client()
    assert alone(browser, passkey)["Location"] == "/console/"
    assert browser.get(PAGE).status_code == 200
    told = AuditEvent.objects.filter(action="session.started").latest("at")
    assert told.changes == {"by": {"before": None, "after": "passkey"}}


def test_a_passkey_is_the_second_factor_of_a_password(owner: Membership, passkey: Passkey) -> None:
    browser = Client()
    sign_in(browser, owner)
    assert browser.get(PAGE).status_code == 302
    proof = passkey.proved(options_on(browser.get(ASKED)))
    assert browser.post(ASKED, {"credential": proof}).status_code == 303
    assert browser.get(PAGE).status_code == 200


def test_a_found_key_is_not_two_factors(
    owner: Membership, admin: Membership, passkey: Passkey
) -> None:
    """Whoever has the key and not its PIN has one factor, whichever page they have it sign for."""
    passkey.asks = False
    browser = Client()
    assert alone(browser, passkey)["Location"] == SIGN_IN
    finder = Client()
    sign_in(finder, admin)
    add_passkey(finder, admin.user)
    half_in = Client()
    sign_in(half_in, admin)  # the finder's own password leads to a page that has options too
    assert alone(half_in, passkey, options_on(half_in.get(ASKED)))["Location"] == SIGN_IN
    assert half_in.get(PAGE).status_code == 302


def test_a_proof_is_good_once(passkey: Passkey) -> None:
    browser = Client()
    options = browser.get(ALONE).json()
    assert alone(browser, passkey, options)["Location"] == "/console/"
    browser.post("/console/-/sign-out")
    assert alone(browser, passkey, options)["Location"] == SIGN_IN
    assert alone(Client(), passkey, options)["Location"] == SIGN_IN


def test_a_deactivated_persons_passkey_opens_nothing(owner: Membership, passkey: Passkey) -> None:
    User.objects.filter(pk=owner.user_id).update(is_active=False)
    browser = Client()
    assert alone(browser, passkey)["Location"] == SIGN_IN
    assert browser.get(PAGE).status_code == 302


def test_a_removed_passkey_opens_nothing(client: Client, passkey: Passkey) -> None:
    factor = Authenticator.objects.get(type="webauthn")
    assert client.post(f"{LIST}/{factor.pk}/remove").status_code == 303
    assert alone(Client(), passkey)["Location"] == SIGN_IN


@pytest.mark.parametrize("odd", ["\0", "\ud800", "x" * 20_000])
def test_nothing_is_kept_but_the_public_key(client: Client, owner: Membership, odd: str) -> None:
    sign_in(client, owner)
    passkey = Passkey(owner.user)
    credential = passkey.made(
        options_on(client.get(ADD)), more=odd, clientExtensionResults={"x": odd}
    )
    assert client.post(ADD, {"name": "Key", "credential": credential}).status_code == 303
    kept = Authenticator.objects.get(type="webauthn").data["credential"]
    assert set(kept) == {"id", "rawId", "type", "response"}
    assert alone(Client(), passkey)["Location"] == "/console/"
