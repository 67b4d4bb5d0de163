"""Second factors are added, shown and removed at the console."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import AuditEvent, Membership, Organization, User
from tests.conftest import PASSWORD
from tests.console.factors import (
    ADD,
    ASKED,
    CODES,
    LIST,
    PAGE,
    add_app,
    code_of,
    codes_on,
    wrong_for,
)
from tests.console.people import sign_in
from tests.second_factors.factors import enrol_app, enrol_passkey


def test_an_app_is_added(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    answer, secret = add_app(client)
    assert (answer.status_code, answer["Location"]) == (303, CODES)
    another = Client()
    sign_in(another, owner)
    assert another.post(ASKED, {"code": code_of(secret, later=1)}).status_code == 303


def test_the_code_that_added_an_app_is_used_up(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    shown = client.get(ADD).content.decode()
    secret = re.search(r"Secret <code>([A-Z2-7 ]+)</code>", shown)[1].replace(" ", "")  # type: ignore[index]
    code = code_of(secret)
    client.post(ADD, {"code": code})
    another = Client()
    sign_in(another, owner)
    assert another.post(ASKED, {"code": code}).status_code == 422


def test_a_wrong_code_adds_nothing_and_keeps_the_secret(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    shown = client.get(ADD).content.decode()
    secret = re.search(r"Secret <code>([A-Z2-7 ]+)</code>", shown)[1]  # type: ignore[index]
    answer = client.post(ADD, {"code": wrong_for(secret.replace(" ", ""))})
    assert answer.status_code == 422
    assert secret in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_there_is_one_app(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    add_app(client)
    answer, _ = add_app(client)
    assert answer.status_code == 422
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_a_new_factor_ends_sessions_that_were_begun_without_it(
    client: Client, owner: Membership
) -> None:
    elsewhere = Client()
    sign_in(elsewhere, owner)
    sign_in(client, owner)
    add_app(client)
    assert client.get(PAGE).status_code == 200
    assert elsewhere.get(PAGE).status_code == 302


def test_the_row_shows_no_secret(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    _, secret = add_app(client)
    assert all(secret not in str(row.data) for row in Authenticator.objects.all())


def test_recovery_codes_are_shown_once(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    add_app(client)
    assert client.head(CODES).status_code == 410
    assert client.get(CODES, headers={"Sec-Purpose": "prefetch"}).status_code == 410
    first = client.get(CODES)
    codes = codes_on(first)
    assert len(codes) == 10
    assert "no-store" in first["Cache-Control"]
    assert "wardkey_session" in first.cookies, "or browsers show the page again on Back"
    again = client.get(CODES)
    assert again.status_code == 410
    assert not any(code in again.content.decode() for code in codes)


def test_new_recovery_codes_end_the_old_ones(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    add_app(client)
    old = [*Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()]
    assert client.post(f"{CODES}/new")["Location"] == CODES
    assert client.get(CODES).status_code == 200
    another = Client()
    sign_in(another, owner)
    assert another.post(ASKED, {"code": old[0]}).status_code == 422


def test_recovery_codes_stand_in_for_something(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    assert client.post(f"{CODES}/new").status_code == 403


def test_a_factor_is_removed_and_the_codes_with_the_last(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    add_app(client)
    factor = Authenticator.objects.get(type="totp")
    answer = client.post(f"{LIST}/{factor.pk}/remove")
    assert (answer.status_code, answer["Location"]) == (303, LIST)
    assert not Authenticator.objects.exists()
    assert sign_in(Client(), owner)["Location"] == "/console/"


def test_the_last_factor_stays_where_an_organization_requires_one(
    client: Client, owner: Membership
) -> None:
    sign_in(client, owner)
    add_app(client)
    enrol_passkey(owner.user)
    Organization.objects.update(requires_second_factor=True)
    first, last = Authenticator.objects.exclude(type="recovery_codes").order_by("pk")
    assert client.post(f"{LIST}/{first.pk}/remove").status_code == 303
    answer = client.post(f"{LIST}/{last.pk}/remove")
    assert answer.status_code == 409
    assert "Acme requires a second factor" in answer.content.decode()
    assert Authenticator.objects.filter(pk=last.pk).exists()


def test_a_factor_of_another_person_is_not_there(
    client: Client, owner: Membership, admin: Membership
) -> None:
    enrol_app(admin.user)
    sign_in(client, owner)
    theirs = Authenticator.objects.get(type="totp")
    for method in (client.get, client.post):
        assert method(f"{LIST}/{theirs.pk}/remove").status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("page", [ADD, f"{LIST}/passkey", f"{CODES}/new", CODES])
def test_a_borrowed_browser_is_asked_for_the_password(
    client: Client, owner: Membership, page: str
) -> None:
    client.force_login(owner.user)
    asked = client.get(page)
    assert asked["Location"] == f"/console/-/confirm?next={page.replace('/', '%2F')}"
    assert client.post(page).status_code == 303
    wrong = client.post("/console/-/confirm", {"password": "no", "next": page})
    assert wrong.status_code == 422
    assert client.get(page).status_code == 303
    right = client.post("/console/-/confirm", {"password": PASSWORD, "next": page})
    assert (right.status_code, right["Location"]) == (303, page)
    assert client.get(page).status_code in {200, 410}


def test_an_organization_that_requires_one_leads_to_its_adding(
    client: Client, owner: Membership
) -> None:
    Organization.objects.update(requires_second_factor=True)
    sign_in(client, owner)
    asked = client.get(PAGE)
    assert asked["Location"] == f"{LIST}?organization=acme"
    assert "Acme requires a second factor" in client.get(asked["Location"]).content.decode()
    add_app(client)
    assert client.get(PAGE).status_code == 200


def test_another_organization_is_not_named(
    client: Client, outsider: Membership, owner: Membership
) -> None:
    sign_in(client, owner)
    assert "Rival" not in client.get(f"{LIST}?organization=rival").content.decode()


def test_adding_and_removing_is_told_of(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    add_app(client)
    client.post(f"{LIST}/{Authenticator.objects.get(type='totp').pk}/remove")
    rows = AuditEvent.objects.filter(actor_id=owner.user_id, action__contains="second_factor")
    app = "authenticator app"
    assert [(row.action, row.changes["factor"]) for row in rows.order_by("at")] == [
        ("user.second_factor_added", {"before": None, "after": app}),
        ("user.second_factor_removed", {"before": app, "after": None}),
    ]


@pytest.mark.parametrize("page", [ADD, f"{LIST}/passkey", f"{CODES}/new"])
def test_an_issuers_people_add_nothing(client: Client, db: None, page: str) -> None:
    client.force_login(User.objects.create_user(None, name="Ada"))
    for method in (client.get, client.post):
        assert method(page).status_code == 403


def test_an_issuer_looks_after_its_own(client: Client, db: None) -> None:
    person = User.objects.create_user(None, name="Ada")
    client.force_login(person)
    page = client.get(LIST).content.decode()
    assert "looks after your second factors" in page
    assert "Add an app" not in page
