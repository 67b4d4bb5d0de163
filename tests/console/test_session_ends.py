"""A session that ends in the middle of a form: what was typed survives, and sends nothing."""

import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.forms import PasswordInput
from django.test import Client

from accounts.models import Membership, ServiceAccount, Session
from accounts.seals import unseal
from accounts.web import drafts
from accounts.web.forms import ConsoleForm
from tests.console.people import sign_in
from tokens.models import Token
from tokens.services.issue import IssuedToken

NEW = "/console/acme/service-accounts/-/new"
GO_ON = "/console/-/go-on"
TYPED = {"name": "Half done <b>", "slug": "half-done", "password": "not to be kept"}


def interrupted(client: Client, member: Membership) -> Any:
    """Send a form whose session has ended since it was shown."""
    sign_in(client, member)
    owner = re.search(r'name="draft_owner" value="([^"]+)"', client.get(NEW).content.decode())
    assert owner is not None
    Session.objects.all().delete()
    return client.post(NEW, {**TYPED, "draft_owner": owner[1]})


def draft_in(answer: Any) -> str:
    """Return the sealed form of the page that says that the session has ended."""
    found = re.search(r'name="draft" value="([^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]


def test_what_was_typed_is_shown_again_and_sends_nothing(client: Client, owner: Membership) -> None:
    answer = interrupted(client, owner)
    assert answer.status_code == 401
    sign_in(client, owner)
    led = client.post(GO_ON, {"draft": draft_in(answer)})
    assert (led.status_code, led["Location"]) == (303, NEW)
    page = client.get(NEW).content.decode()
    assert 'value="Half done &lt;b&gt;"' in page
    assert not ServiceAccount.objects.exists()
    assert "Half done" not in client.get(NEW).content.decode(), "it is shown once"


def test_what_the_forms_address_asks_for_survives_too(
    client: Client, owner: Membership, ci: IssuedToken
) -> None:
    address = "/console/acme/service-accounts/deploy/tokens/-/revoke?token=ci"
    sign_in(client, owner)
    mark = re.search(r'name="draft_owner" value="([^"]+)"', client.get(address).content.decode())
    assert mark is not None
    Session.objects.all().delete()
    draft = draft_in(client.post(address, {"draft_owner": mark[1]}))
    sign_in(client, owner)
    led = client.post(GO_ON, {"draft": draft})
    assert led["Location"] == address
    assert "Revoke 1 token?" in client.get(address).content.decode()
    assert Token.objects.get().revoked_at is None


def test_the_page_holds_nothing_in_the_clear(client: Client, owner: Membership) -> None:
    answer = interrupted(client, owner)
    assert "Half done" not in answer.content.decode()
    assert "half-done" not in answer.content.decode()


def test_passwords_are_left_out(client: Client, owner: Membership) -> None:
    draft = draft_in(interrupted(client, owner))
    assert b"not+to+be+kept" not in (unseal("drafts", draft) or b"")
    assert b"Half+done" in (unseal("drafts", draft) or b"")


def test_every_field_for_a_password_is_named_as_one() -> None:
    """By their names they are left out."""
    import_module("accounts.web.urls")
    forms = {form: form.base_fields.items() for form in _forms(ConsoleForm)}
    asked = [
        (form, name)
        for form, fields in forms.items()
        for name, field in fields
        if type(field.widget) is PasswordInput
    ]
    assert len(asked) > 3
    assert [(form, name) for form, name in asked if "password" not in name] == []


def _forms(base: type[ConsoleForm]) -> list[type[ConsoleForm]]:
    return [base, *(form for kind in base.__subclasses__() for form in _forms(kind))]


def test_another_person_is_not_shown_it(
    client: Client, owner: Membership, admin: Membership
) -> None:
    draft = draft_in(interrupted(client, owner))
    sign_in(client, admin)
    assert client.post(GO_ON, {"draft": draft})["Location"] == NEW
    assert "Half done" not in client.get(NEW).content.decode()


def test_it_waits_until_somebody_has_signed_in(client: Client, owner: Membership) -> None:
    draft = draft_in(interrupted(client, owner))
    again = client.post(GO_ON, {"draft": draft})
    assert again.status_code == 401
    assert draft_in(again) == draft


def test_after_a_while_it_is_gone(
    client: Client, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = draft_in(interrupted(client, owner))
    sign_in(client, owner)
    monkeypatch.setattr(drafts, "LIFETIME", timedelta(seconds=-1))
    assert client.post(GO_ON, {"draft": draft})["Location"] == "/console/"


@pytest.mark.parametrize("made_up", ["", "x", "gAAAAABk", "ä"])
def test_a_made_up_draft_leads_home(client: Client, owner: Membership, made_up: str) -> None:
    sign_in(client, owner)
    assert client.post(GO_ON, {"draft": made_up})["Location"] == "/console/"


def test_a_form_of_nobody_is_not_kept(client: Client, owner: Membership) -> None:
    answer = client.post(NEW, TYPED)
    assert answer.status_code == 401
    assert 'name="draft"' not in answer.content.decode()
