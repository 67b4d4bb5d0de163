"""A second factor is asked for after the password, and nothing opens before it."""

import pytest
from django.test import Client

from accounts.models import Membership, Session, User
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.console.factors import ADD, ASKED, LIST, PAGE, code_of, wrong_for
from tests.console.people import SIGN_IN, sign_in
from tests.second_factors.factors import enrol_app, enrol_recovery_codes


def pages_of(client: Client) -> set[int]:
    """Return how pages of a person and of an organization answer."""
    return {client.get(page).status_code for page in (PAGE, LIST, "/console/-/profile")}


def test_the_password_alone_opens_no_page(client: Client, owner: Membership) -> None:
    enrol_app(owner.user)
    answer = sign_in(client, owner)
    assert (answer.status_code, answer["Location"]) == (303, ASKED)
    assert pages_of(client) == {302}
    assert client.post(ADD, {"code": "123456"}).status_code == 401
    assert not Session.objects.filter(user=owner.user).exists()


def test_a_code_of_the_app_opens_the_console(client: Client, owner: Membership) -> None:
    secret = enrol_app(owner.user)
    sign_in(client, owner, next=PAGE)
    answer = client.post(ASKED, {"code": code_of(secret)})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert pages_of(client) == {200}


def test_a_recovery_code_stands_in_once(owner: Membership) -> None:
    enrol_app(owner.user)
    code = enrol_recovery_codes(owner.user)[0]
    for expected in (303, 422):
        client = Client()
        sign_in(client, owner)
        assert client.post(ASKED, {"code": code}).status_code == expected


def test_a_code_is_good_at_one_door_only(client: Client, owner: Membership) -> None:
    secret = enrol_app(owner.user)
    code = code_of(secret)
    body = {"email": owner.user.email, "password": PASSWORD, "otp": code}
    assert RestClient().post("/auth/token", body).status_code == 200
    sign_in(client, owner)
    assert client.post(ASKED, {"code": code}).status_code == 422


@pytest.mark.parametrize("typed", ["", "123", "00000000000000000000", "١٢٣٤٥٦"])
def test_a_wrong_code_is_told_beside_its_field(
    client: Client, owner: Membership, typed: str
) -> None:
    enrol_app(owner.user)
    sign_in(client, owner)
    answer = client.post(ASKED, {"code": typed})
    assert answer.status_code == 422
    assert 'aria-describedby="code-error"' in answer.content.decode()
    assert pages_of(client) == {302}


def test_codes_are_guessed_a_few_times(client: Client, owner: Membership) -> None:
    secret = enrol_app(owner.user)
    sign_in(client, owner)
    for _ in range(10):
        assert client.post(ASKED, {"code": wrong_for(secret)}).status_code == 422
    assert client.post(ASKED, {"code": code_of(secret)}).status_code == 429


def test_nobody_is_asked_before_the_password(client: Client, owner: Membership) -> None:
    enrol_app(owner.user)
    answer = client.get(ASKED)
    assert (answer.status_code, answer["Location"]) == (303, SIGN_IN)


def test_a_changed_password_ends_a_sign_in_that_was_begun(
    client: Client, owner: Membership
) -> None:
    secret = enrol_app(owner.user)
    sign_in(client, owner)
    person = User.objects.get(pk=owner.user_id)
    person.set_password("quite another phrase of the tests")
    person.save()
    assert client.post(ASKED, {"code": code_of(secret)})["Location"] == SIGN_IN
    assert pages_of(client) == {302}


def test_a_made_up_passkey_signs_nobody_in(client: Client, owner: Membership) -> None:
    enrol_app(owner.user)
    sign_in(client, owner)
    for credential in ("", "{}", "[]", '{"id": "x"}', "null"):
        assert client.post(ASKED, {"credential": credential}).status_code == 422
        answer = Client().post("/console/-/sign-in/passkey", {"credential": credential})
        assert answer["Location"] == SIGN_IN
    assert pages_of(client) == {302}
