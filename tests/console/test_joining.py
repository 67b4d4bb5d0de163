"""Accepting an invitation: once, by whoever has the link, while it is worth something."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Invitation, Membership, Organization, User
from accounts.roles import Role
from accounts.services.invitations import NEWCOMERS
from tests.conftest import make_person
from tests.console.inviting import link_for
from tests.console.pages import browser_of, words_on

pytestmark = pytest.mark.django_db(transaction=True)

NEWCOMER = {"name": "Nora", "email": "nora@new.test", "password": "something only she knows"}


def role_of(person: User, organization: Organization) -> str | None:
    """Return the role that a person has in an organization."""
    found = Membership.objects.filter(user=person, organization=organization, removed_at=None)
    return found.values_list("role", flat=True).first()


def test_somebody_with_an_account_joins_by_one_click(
    owner: Membership, outsider: Membership
) -> None:
    path, browser = link_for(owner, "developer"), browser_of(outsider)
    told = words_on(browser.get(path))
    assert "Join Acme Owner of acme invites you with the role Developer." in told
    assert "You are signed in as Owner of rival" in told
    assert role_of(outsider.user, owner.organization) is None
    answer = browser.post(path, {"join": "yes"})
    assert answer.headers["Location"] == "/console/acme/service-accounts"
    assert role_of(outsider.user, owner.organization) == "developer"
    assert Client().get(path).status_code == 410
    lines = AuditEvent.objects.filter(organization_id=owner.organization_id).order_by("-at")[:2]
    assert [line.action for line in lines] == ["invitation.accepted", "member.added"]
    assert {line.actor_id for line in lines} == {outsider.user_id}
    assert {line.address for line in lines} == {"127.0.0.1"}


def test_somebody_new_makes_an_account_and_is_signed_in(owner: Membership) -> None:
    path, browser = link_for(owner), Client()
    assert browser.get(path).status_code == 200
    answer = browser.post(path, NEWCOMER)
    assert answer.headers["Location"] == "/console/acme/service-accounts"
    person = User.objects.get(email="nora@new.test")
    assert person.name == "Nora"
    assert person.check_password(NEWCOMER["password"])
    assert role_of(person, owner.organization) == "viewer"
    assert "Nora" in words_on(browser.get("/console/acme/members"))
    told = AuditEvent.objects.filter(target_slug="nora@new.test").order_by("at")
    assert [(event.action, event.actor_type) for event in told] == [
        ("user.created", "system"),
        ("user.password_set", "system"),
        ("member.added", "user"),
        ("session.started", "user"),
    ]
    assert {event.address for event in told} == {"127.0.0.1"}
    assert AuditEvent.objects.get(action="invitation.accepted").actor_id == person.pk


def test_the_address_that_it_was_sent_to_is_the_accounts(owner: Membership) -> None:
    path, browser = link_for(owner, email="nora@new.test"), Client()
    assert "nora@new.test" in browser.get(path).content.decode()
    browser.post(path, NEWCOMER | {"email": "somebody@else.test"})
    assert User.objects.filter(email="nora@new.test").exists()
    assert not User.objects.filter(email="somebody@else.test").exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"email": "nobody"}, "email"),
        ({"password": "password"}, "password"),
        ({"password": ""}, "password"),
        ({"password": "nora@new.test"}, "password"),
    ],
)
def test_a_bad_value_uses_nothing_up_and_makes_nobody(
    owner: Membership, typed: dict[str, str], field: str
) -> None:
    path, browser = link_for(owner), Client()
    answer = browser.post(path, NEWCOMER | typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert NEWCOMER["password"] not in answer.content.decode()
    assert User.objects.count() == 1
    assert browser.post(path, NEWCOMER).status_code == 303


def test_an_address_that_has_an_account_signs_in_first(
    owner: Membership, outsider: Membership
) -> None:
    """Nobody takes an account over by inviting its address, nor learns its password's place."""
    before = User.objects.get(pk=outsider.user_id).password
    mailed = link_for(owner, email="owner@rival.test")
    told = words_on(Client().get(mailed))
    assert "owner@rival.test has an account here. Sign in with it to join." in told
    for path in (mailed, link_for(owner)):
        typed = NEWCOMER | {"email": "OWNER@rival.test"}
        answer = Client().post(path, typed)
        assert answer.status_code == 422
        assert role_of(outsider.user, owner.organization) is None
    assert User.objects.get(pk=outsider.user_id).password == before
    assert browser_of(outsider).post(mailed, {"join": "yes"}).status_code == 303


def test_a_login_without_a_password_is_not_given_one(owner: Membership) -> None:
    person = User.objects.create_user("nora@new.test", name="Nora")
    answer = Client().post(link_for(owner), NEWCOMER)
    assert answer.status_code == 422
    assert not User.objects.get(pk=person.pk).has_usable_password()


def test_an_open_link_does_not_tell_of_many_addresses(owner: Membership) -> None:
    path = link_for(owner)
    typed = NEWCOMER | {"email": "owner@acme.test"}
    answers = [Client().post(path, typed).status_code for _ in range(NEWCOMERS.tries + 1)]
    assert answers == [422] * NEWCOMERS.tries + [429]


def test_a_member_uses_no_link_up(owner: Membership, viewer: Membership) -> None:
    path, browser = link_for(owner, "admin"), browser_of(viewer)
    assert "you are a member already" in words_on(browser.get(path))
    assert browser.post(path, {"join": "yes"}).status_code == 403
    assert role_of(viewer.user, owner.organization) == "viewer"
    assert Client().get(path).status_code == 200


def test_a_newcomers_form_does_not_join_who_has_signed_in_meanwhile(
    owner: Membership, outsider: Membership
) -> None:
    path = link_for(owner)
    assert browser_of(outsider).post(path, NEWCOMER).status_code == 200
    assert role_of(outsider.user, owner.organization) is None
    assert not User.objects.filter(email="nora@new.test").exists()


def _expire(owner: Membership) -> None:
    Invitation.objects.update(expires_at=timezone.now())


def _remove_inviter(owner: Membership) -> None:
    Membership.objects.filter(user__name="Adam").update(removed_at=timezone.now())


def _demote_inviter(owner: Membership) -> None:
    Membership.objects.filter(user__name="Adam").update(role=Role.DEVELOPER)


def _deactivate_inviter(owner: Membership) -> None:
    User.objects.filter(name="Adam").update(is_active=False)


def _suspend(owner: Membership) -> None:
    Organization.objects.update(suspended_at=timezone.now())


def _delete(owner: Membership) -> None:
    Organization.objects.update(deleted_at=timezone.now())


@pytest.mark.parametrize(
    "happening",
    [_expire, _remove_inviter, _demote_inviter, _deactivate_inviter, _suspend, _delete],
)
def test_what_is_over_is_one_clear_page_for_everybody(
    happening: Callable[[Membership], None], owner: Membership, admin: Membership
) -> None:
    path, person = link_for(admin), make_person("olga@new.test", "Olga")
    happening(owner)
    known = Client()
    known.force_login(person)
    pages = [
        Client().get(path),
        Client().post(path, NEWCOMER),
        known.get(path),
        known.post(path, {"join": "yes"}),
        Client().get("/console/-/invitations/wdi_" + "A" * 54),
        Client().get("/console/-/invitations/x"),
    ]
    assert {page.status_code for page in pages} == {410}
    assert {words_on(page) for page in pages} == {words_on(pages[0])}
    assert not User.objects.filter(email="nora@new.test").exists()
    assert role_of(person, owner.organization) is None


def test_an_owners_place_needs_its_inviter_to_be_owner_still(
    owner: Membership, admin: Membership
) -> None:
    path = link_for(owner, "owner")
    Membership.objects.filter(pk=admin.pk).update(role=Role.OWNER)
    Membership.objects.filter(pk=owner.pk).update(role=Role.ADMIN)
    assert Client().get(path).status_code == 410
    Membership.objects.filter(pk=owner.pk).update(role=Role.OWNER)
    assert Client().post(path, NEWCOMER).status_code == 303
    assert role_of(User.objects.get(email="nora@new.test"), owner.organization) == "owner"


def test_who_was_removed_does_not_come_back_by_an_older_link(
    owner: Membership, viewer: Membership
) -> None:
    older = link_for(owner)
    Membership.objects.filter(pk=viewer.pk).update(removed_at=timezone.now())
    assert browser_of(viewer).post(older, {"join": "yes"}).status_code == 410
    assert browser_of(viewer).post(link_for(owner), {"join": "yes"}).status_code == 303
    assert role_of(viewer.user, owner.organization) == "viewer"


@pytest.mark.parametrize("text", ["\0", "\u202e", "x" * 50_000])
def test_odd_texts_are_refused_and_make_nobody(owner: Membership, text: str) -> None:
    path = link_for(owner)
    for field in ("name", "email"):
        typed = NEWCOMER | {field: text}
        assert Client().post(path, typed).status_code == 422
    assert User.objects.count() == 1
