"""Changing a password, and setting it anew by a link that comes by mail."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import AuditEvent, Membership, Session, User
from accounts.services import passwords
from accounts.services.passwords import RESET_BY_ACCOUNT, RESET_BY_ADDRESS
from accounts.web.mail import wait_until_sent
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.console.people import SIGN_IN, sign_in

CHANGE = "/console/-/password"
FORGOTTEN = "/console/-/password/forgotten"
RESET = "/console/-/password/reset"
PAGE = "/console/acme/service-accounts"
NEXT = "quite another phrase of the tests"


def ask(client: Client, email: str) -> Any:
    """Ask for a link, and wait until all mail is sent."""
    answer = client.post(FORGOTTEN, {"email": email})
    wait_until_sent()
    return answer


def link_in_mail() -> str:
    """Return the link of the last mail, without the host."""
    found = re.search(r"https?://[^/]+(/console/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def follow(client: Client, link: str, new: str = NEXT) -> Any:
    """Open a link of a mail and set a password on the page that it leads to."""
    opened = client.get(link)
    return (
        client.post(opened["Location"], {"new_password": new})
        if opened.status_code == 303
        else opened
    )


def test_who_knows_the_password_changes_it(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    answer = client.post(CHANGE, {"password": PASSWORD, "new_password": NEXT})
    assert (answer.status_code, answer["Location"]) == (303, "/console/-/profile")
    assert client.get(PAGE).status_code == 200
    assert sign_in(Client(), owner).status_code == 422
    assert sign_in(Client(), owner, password=NEXT).status_code == 303


def test_every_other_session_ends(client: Client, owner: Membership) -> None:
    elsewhere = Client()
    sign_in(elsewhere, owner)
    sign_in(client, owner)
    body = {"email": owner.user.email, "password": PASSWORD}
    refresh = RestClient().post("/auth/token", body).json()["refresh"]
    client.post(CHANGE, {"password": PASSWORD, "new_password": NEXT})
    assert elsewhere.get(PAGE).status_code == 302
    assert RestClient().post("/auth/token/refresh", {"refresh": refresh}).status_code == 401
    assert Session.objects.filter(user=owner.user).count() == 1


def test_the_session_goes_on_under_another_key(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    before = client.cookies["wardkey_session"].value
    client.post(CHANGE, {"password": PASSWORD, "new_password": NEXT})
    assert client.cookies["wardkey_session"].value != before


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"password": "wrong", "new_password": NEXT}, "password", "Is not your password"),
        ({"password": PASSWORD, "new_password": "short"}, "new_password", "too short"),
        ({"password": PASSWORD, "new_password": "password123"}, "new_password", "too common"),
        ({"password": PASSWORD, "new_password": ""}, "new_password", "too short"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    client: Client, owner: Membership, typed: dict[str, str], field: str, words: str
) -> None:
    sign_in(client, owner)
    answer = client.post(CHANGE, typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'aria-describedby="{field}-error' in page
    assert words in page
    assert sign_in(Client(), owner).status_code == 303


def test_a_borrowed_browser_guesses_a_few_times(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    answers = [
        client.post(CHANGE, {"password": "wrong", "new_password": NEXT}).status_code
        for _ in range(11)
    ]
    assert answers == [422] * 10 + [429]


def test_a_change_is_told_of_without_the_password(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    client.post(CHANGE, {"password": PASSWORD, "new_password": NEXT})
    rows = AuditEvent.objects.filter(action="user.password_set", actor_id=owner.user_id)
    assert rows.get().changes == {"by": {"before": None, "after": "password"}}


def test_who_reads_the_mail_sets_a_password(client: Client, owner: Membership) -> None:
    assert ask(client, "Owner@ACME.test")["Location"] == "/console/-/password/sent"
    assert mail.outbox[0].to == ["owner@acme.test"]
    answer = follow(client, link_in_mail())
    assert (answer.status_code, answer["Location"]) == (303, SIGN_IN)
    assert sign_in(Client(), owner, password=NEXT).status_code == 303


def test_a_reset_ends_every_session(client: Client, owner: Membership) -> None:
    sign_in(client, owner)
    ask(client, owner.user.email or "")
    follow(Client(), link_in_mail())
    assert client.get(PAGE).status_code == 302


def test_a_link_is_good_once(client: Client, owner: Membership) -> None:
    ask(client, owner.user.email or "")
    link = link_in_mail()
    follow(Client(), link)
    again = follow(Client(), link, "a third phrase of the tests")
    assert again.status_code == 410
    assert sign_in(Client(), owner, password=NEXT).status_code == 303


def test_one_link_ends_the_others(client: Client, owner: Membership) -> None:
    ask(client, owner.user.email or "")
    first = link_in_mail()
    ask(client, owner.user.email or "")
    follow(Client(), link_in_mail())
    assert follow(Client(), first, "a third phrase of the tests").status_code == 410


def test_a_changed_password_ends_the_link(client: Client, owner: Membership) -> None:
    ask(client, owner.user.email or "")
    sign_in(client, owner)
    client.post(CHANGE, {"password": PASSWORD, "new_password": NEXT})
    assert follow(Client(), link_in_mail(), "a third phrase of the tests").status_code == 410


def test_a_link_ends_by_itself(
    client: Client, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(client, owner.user.email or "")
    monkeypatch.setattr(passwords, "LINK_LIFETIME", timedelta(seconds=-1))
    assert follow(Client(), link_in_mail()).status_code == 410


def test_a_deactivated_persons_link_is_over(client: Client, owner: Membership) -> None:
    ask(client, owner.user.email or "")
    User.objects.filter(pk=owner.user_id).update(is_active=False)
    assert follow(Client(), link_in_mail()).status_code == 410


@pytest.mark.parametrize("mark", ["", "x", "gAAAAABk", "%00", "%C3%A4"])
def test_a_made_up_link_is_over(client: Client, db: None, mark: str) -> None:
    assert client.get(f"{RESET}?mark={mark}").status_code == 410
    assert client.post(RESET, {"new_password": NEXT}).status_code == 410


def test_an_easy_password_leaves_the_link_good(client: Client, owner: Membership) -> None:
    ask(client, owner.user.email or "")
    assert follow(client, link_in_mail(), "short").status_code == 422
    assert client.post(RESET, {"new_password": NEXT}).status_code == 303


def test_the_link_does_not_stay_in_the_address(client: Client, owner: Membership) -> None:
    ask(client, owner.user.email or "")
    opened = client.get(link_in_mail())
    assert opened["Location"] == RESET
    assert link_in_mail().partition("=")[2] not in client.get(RESET).content.decode()


def test_the_link_is_of_this_installation_whatever_the_host(
    client: Client, owner: Membership
) -> None:
    client.post(FORGOTTEN, {"email": owner.user.email}, headers={"Host": "localhost"})
    wait_until_sent()
    assert "http://127.0.0.1:8000/console/" in str(mail.outbox[-1].body)


@pytest.mark.parametrize("email", ["nobody@acme.test", "", "no address", "ä@acme.test"])
def test_nobody_is_told_whether_there_is_somebody(
    client: Client, owner: Membership, email: str
) -> None:
    known = ask(Client(), owner.user.email or "")
    unknown = ask(client, email)
    assert (unknown.status_code, unknown["Location"]) == (known.status_code, known["Location"])
    assert len(mail.outbox) == 1


def test_a_mailbox_is_not_flooded(owner: Membership) -> None:
    for _ in range(RESET_BY_ACCOUNT.tries + 2):
        assert ask(Client(), owner.user.email or "").status_code == 303
    assert len(mail.outbox) == RESET_BY_ACCOUNT.tries


def test_an_address_asks_a_few_times(client: Client, db: None) -> None:
    answers = [
        client.post(FORGOTTEN, {"email": f"n{number}@acme.test"}).status_code
        for number in range(RESET_BY_ADDRESS.tries + 1)
    ]
    assert answers == [303] * RESET_BY_ADDRESS.tries + [429]


def test_mail_that_cannot_be_sent_is_told_to_the_log(
    client: Client, owner: Membership, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "tests.console.no_such.Backend"
    assert ask(client, owner.user.email or "").status_code == 303
    assert "a mail could not be sent" in caplog.text


def test_the_mail_is_in_the_persons_language(client: Client, owner: Membership) -> None:
    User.objects.filter(pk=owner.user_id).update(language="en")
    client.post(FORGOTTEN, {"email": owner.user.email}, headers={"Accept-Language": "de"})
    wait_until_sent()
    assert mail.outbox[-1].subject == "Set a new password for Wardkey"


def test_a_person_from_outside_has_no_password_here(client: Client, owner: Membership) -> None:
    outsider = User.objects.create_user(None, name="Ada")
    client.force_login(outsider)
    page = client.get(CHANGE).content.decode()
    assert "You sign in at your issuer" in page
    assert client.post(CHANGE, {"password": "", "new_password": NEXT}).status_code == 422
    assert not User.objects.get(pk=outsider.pk).has_usable_password()
