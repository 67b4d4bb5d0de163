"""Whom an issuer's JWT lets in: organizations, first sight, and who was removed."""

import uuid
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEvent, ExternalIdentity, Membership, Organization, User
from accounts.querysets import AuditEventQuerySet
from accounts.roles import Role
from accounts.services.memberships import add_member, remove_member
from accounts.services.organizations import delete_organization
from tests.audit.acts import gained
from tests.clients import RestClient
from tests.issuers.issuer import NAME, Issuer, signed
from tests.organizations.rows import all_rows


def ask(text: str) -> Any:
    """Return the answer to who this is."""
    return RestClient("", text).get("/whoami")


@pytest.fixture
def open_door(issuer: Issuer, settings: Any) -> Issuer:
    """The issuer, whose people are taken in on first sight as developers."""
    settings.WARDKEY_ISSUERS = issuer.configured(create_members=True, default_role="developer")
    return issuer


def test_the_external_id_names_the_organization_too(
    issuer: Issuer, ada: Membership, acme: Organization
) -> None:
    assert ask(signed("tenant-7")).status_code == 401
    Organization.objects.filter(pk=acme.pk).update(external_id="tenant-7")
    assert ask(signed("tenant-7")).json()["organization"]["id"] == str(acme.id)
    assert ask(signed("TENANT-7")).status_code == 401


def test_an_issuer_speaks_for_its_organizations_alone(
    issuer: Issuer, ada: Membership, outsider: Membership, settings: Any
) -> None:
    rival = outsider.organization
    add_member(Actor.system(rival.id), rival, ada.user, Role.VIEWER)
    named = [str(ada.organization_id)]
    settings.WARDKEY_ISSUERS = issuer.configured(organizations=named, create_members=True)
    assert ask(signed(ada.organization_id)).status_code == 200
    assert ask(signed(rival.id)).status_code == 401
    settings.WARDKEY_ISSUERS = issuer.configured()
    assert ask(signed(rival.id)).json()["role"] == "viewer"


def test_a_member_of_one_organization_is_none_of_another(
    issuer: Issuer, ada: Membership, outsider: Membership
) -> None:
    assert ask(signed(outsider.organization_id)).status_code == 401
    assert ask(signed(uuid.uuid4())).status_code == 401


def test_a_suspended_or_deleted_organization_lets_nobody_in(
    open_door: Issuer, ada: Membership, acme: Organization
) -> None:
    Organization.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
    assert ask(signed(acme.id)).status_code == 401
    assert ask(signed(acme.id, sub="new")).status_code == 401
    Organization.objects.filter(pk=acme.pk).update(suspended_at=None)
    assert ask(signed(acme.id)).status_code == 200
    delete_organization(Actor.system(acme.id), acme)
    assert ask(signed(acme.id)).status_code == 401
    assert ask(signed(acme.id, sub="new")).status_code == 401
    assert not ExternalIdentity.objects.filter(subject="new").exists()


def test_roles_are_read_at_each_request(
    issuer: Issuer, ada: Membership, acme: Organization
) -> None:
    text = signed(acme.id)
    client = RestClient("/api", text)
    assert client.post("/service-accounts", {"name": "A"}).status_code == 201
    add_member(Actor.system(acme.id), acme, ada.user, Role.VIEWER)
    assert client.post("/service-accounts", {"name": "B"}).status_code == 403
    remove_member(Actor.system(acme.id), acme, ada.user)
    assert ask(text).status_code == 401


def test_nobody_is_taken_in_unless_it_says_so(issuer: Issuer, acme: Organization) -> None:
    people = User.objects.count()
    assert ask(signed(acme.id, sub="new")).status_code == 401
    assert User.objects.count() == people


def test_a_first_sight_makes_a_person_and_a_member_once(
    open_door: Issuer, acme: Organization
) -> None:
    text = signed(acme.id, sub="new", name=" Neu ", email="new@example.test")
    first, again = ask(text), ask(text)
    assert first.status_code == again.status_code == 200
    assert first.json()["role"] == "developer"
    person = ExternalIdentity.objects.get(issuer=NAME, subject="new").user
    assert (person.name, person.email, person.has_usable_password()) == ("Neu", None, False)
    lines = AuditEvent.objects.filter(target_id=person.id).order_by("at")
    assert {(line.actor_id, line.organization_id) for line in lines} == {(person.id, acme.id)}
    assert [(line.action, line.changes) for line in lines] == [
        ("user.created", gained(name="Neu")),
        ("user.identity_linked", gained(issuer=NAME, subject="new")),
        ("member.added", gained(role="developer", issuer=NAME)),
    ]


@pytest.mark.parametrize("at", range(3))
def test_a_first_sight_one_of_whose_lines_cannot_be_written_makes_nobody(
    at: int, open_door: Issuer, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, create, written = all_rows(), AuditEventQuerySet.create, []

    def refuse_at(rows: AuditEventQuerySet, **line: Any) -> AuditEvent:
        written.append(line["action"])
        if len(written) > at:
            raise DatabaseError("the log cannot be written")
        return create(rows, **line)

    monkeypatch.setattr(AuditEventQuerySet, "create", refuse_at)
    assert ask(signed(acme.id, sub="new")).status_code == 500
    assert len(written) == at + 1
    assert all_rows() == before
    monkeypatch.undo()
    assert ask(signed(acme.id, sub="new")).status_code == 200


def test_an_ordinary_request_writes_nothing(
    open_door: Issuer, ada: Membership, django_assert_num_queries: Any
) -> None:
    text = signed(ada.organization_id)
    ask(text)
    with django_assert_num_queries(3) as asked:
        assert ask(text).status_code == 200
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("A\nB", "n@example.test"),
        ("a\u202eb", "n@example.test"),
        ("\ud800", "n@example.test"),
        ("x" * 201, "n@example.test"),
        ("wdk_" + "0" * 38, "n@example.test"),
        (["Ada"], "n@example.test"),
        (None, "n@example.test"),
        ("Zoë", "Zoë"),
    ],
)
def test_a_name_is_taken_only_if_it_is_one(
    open_door: Issuer, acme: Organization, name: object, called: str
) -> None:
    answer = ask(signed(acme.id, sub="new", name=name, email="N@example.test"))
    assert answer.json()["principal"]["name"] == called


def test_an_email_address_never_joins_two_people(open_door: Issuer, owner: Membership) -> None:
    text = signed(owner.organization_id, sub="new", email="owner@acme.test", email_verified=True)
    answer = ask(text)
    assert answer.json()["role"] == "developer"
    assert answer.json()["principal"]["id"] != str(owner.user_id)
    assert ask(signed(owner.organization_id, sub=str(owner.user_id))).json()["role"] == "developer"


def test_who_was_removed_is_not_taken_in_again(
    open_door: Issuer, ada: Membership, acme: Organization
) -> None:
    remove_member(Actor.system(acme.id), acme, ada.user)
    assert ask(signed(acme.id)).status_code == 401
    assert ask(signed(acme.id)).status_code == 401
    ada.refresh_from_db()
    assert ada.removed_at is not None
    add_member(Actor.system(acme.id), acme, ada.user, Role.VIEWER)
    assert ask(signed(acme.id)).json()["role"] == "viewer"


def test_who_was_deactivated_is_not_taken_in_anywhere(
    open_door: Issuer, ada: Membership, outsider: Membership
) -> None:
    User.objects.filter(pk=ada.user_id).update(is_active=False)
    assert ask(signed(ada.organization_id)).status_code == 401
    assert ask(signed(outsider.organization_id)).status_code == 401
    assert Membership.objects.filter(user=ada.user_id).count() == 1


def test_a_known_person_is_taken_in_by_a_second_organization(
    open_door: Issuer, ada: Membership, outsider: Membership
) -> None:
    answer = ask(signed(outsider.organization_id))
    assert answer.json()["principal"]["id"] == str(ada.user_id)
    assert answer.json()["organization"]["slug"] == "rival"
    lines = AuditEvent.objects.filter(target_id=ada.user_id, actor_id=ada.user_id)
    assert [line.action for line in lines] == ["member.added"]
