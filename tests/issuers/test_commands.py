"""People from outside on the command line."""

import pytest

from accounts.models import AuditEvent, ExternalIdentity, Membership, Organization, User
from accounts.roles import Role
from tests.clients import RestClient
from tests.issuers.issuer import NAME, Issuer, signed
from tests.operations.command_line import Command
from tests.operations.conftest import command

__all__ = ["command"]

EVE = ("--issuer", NAME, "--subject", "eve")


def test_add_member_links_a_person_from_outside_and_repeats(
    command: Command, issuer: Issuer, acme: Organization
) -> None:
    text = signed(acme.id, sub="eve")
    assert RestClient("", text).get("/whoami").status_code == 401
    for role in ("viewer", "viewer", "developer"):
        ended = command("add_member", "acme", *EVE, "--name", "Eve", "--role", role)
        assert ended.code == 0, ended.err
    person = ExternalIdentity.objects.get(issuer=NAME, subject="eve").user
    assert ended.out == f"{person.id}\n"
    told = RestClient("", text).get("/whoami").json()
    assert (told["principal"]["id"], told["principal"]["name"]) == (str(person.id), "Eve")
    assert told["role"] == "developer"
    lines = AuditEvent.objects.filter(target_id=person.id).order_by("at")
    assert [line.action for line in lines] == [
        "user.created",
        "user.identity_linked",
        "member.added",
        "member.role_changed",
    ]


def test_an_email_beside_an_identity_joins_nobody(
    command: Command, issuer: Issuer, owner: Membership
) -> None:
    ended = command("add_member", "acme", "owner@acme.test", *EVE, "--role", "viewer")
    assert ended.code == 0
    person = ExternalIdentity.objects.get(subject="eve").user
    assert person.id != owner.user_id
    assert (person.email, person.name) == (None, "owner@acme.test")
    owner.refresh_from_db()
    assert owner.role == Role.OWNER


def test_remove_member_ends_a_person_from_outside(
    command: Command, issuer: Issuer, acme: Organization
) -> None:
    text = signed(acme.id, sub="eve")
    assert command("add_member", "acme", *EVE, "--role", "viewer").code == 0
    assert RestClient("", text).get("/whoami").status_code == 200
    assert command("remove_member", "acme", *EVE).code == 0
    assert RestClient("", text).get("/whoami").status_code == 401
    assert "removed before" in command("remove_member", "acme", *EVE).err
    stranger = command("remove_member", "acme", "--issuer", NAME, "--subject", "nobody")
    assert stranger.code == 1
    assert command("add_member", "acme", *EVE, "--role", "viewer").code == 0
    assert RestClient("", text).get("/whoami").status_code == 200


def test_add_member_says_when_the_issuer_is_not_configured(
    command: Command, acme: Organization
) -> None:
    ended = command("add_member", "acme", *EVE, "--role", "viewer")
    assert ended.code == 0
    assert "WARDKEY_ISSUERS does not have" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("add_member", "acme", "--role", "viewer", "--issuer", NAME),
        ("add_member", "acme", "--role", "viewer", "--subject", "eve"),
        ("add_member", "acme", "a@b.test", "--role", "viewer", "--subject", "eve"),
        ("add_member", "acme", *EVE, "--role", "viewer", "--password-file", "-"),
        ("remove_member", "acme", "--issuer", NAME),
        ("remove_member", "acme", "a@b.test", *EVE),
    ],
    ids=" ".join,
)
def test_half_an_identity_and_two_kinds_in_one_are_wrong_usage(
    command: Command, acme: Organization, words: tuple[str, ...]
) -> None:
    people = User.objects.count()
    ended = command(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "usage: manage.py" in ended.err
    assert User.objects.count() == people


@pytest.mark.parametrize(
    ("issuer_name", "subject"),
    [("http://localhost", "eve"), (NAME, ""), (NAME, "e\nve"), (NAME, "e" * 256), ("", "eve")],
)
def test_an_identity_that_cannot_be_is_refused(
    command: Command, acme: Organization, settings: object, issuer_name: str, subject: str
) -> None:
    settings.WARDKEY_JWT_ISSUER = "http://localhost"  # type: ignore[attr-defined]
    people = User.objects.count()
    words = ("--issuer", issuer_name, "--subject", subject)
    assert command("add_member", "acme", *words, "--role", "viewer").code == 1
    assert User.objects.count() == people
