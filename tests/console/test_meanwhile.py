"""What changes while somebody signs in, or while their request is under way."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, Membership, Session, User
from accounts.services import organization_settings
from accounts.web import adapters, organization
from tests.console.inviting import INVITATIONS, link_for
from tests.console.pages import browser_of, words_on
from tests.console.people import sign_in
from tests.second_factors.factors import enrol_app


def _enrol(person: User) -> None:
    enrol_app(person)


def _deactivate(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def _set_password(person: User) -> None:
    changed = User.objects.get(pk=person.pk)
    changed.set_password("quite another phrase of the tests")
    changed.save()


@pytest.mark.parametrize("happening", [_enrol, _deactivate, _set_password])
def test_what_changes_between_the_password_and_the_session_counts(
    client: Client,
    owner: Membership,
    monkeypatch: pytest.MonkeyPatch,
    happening: Callable[[User], None],
) -> None:
    def happens(person: User) -> bool:
        happening(person)
        return False  # as it was when it was looked at

    monkeypatch.setattr(adapters, "has_second_factor", happens)
    assert sign_in(client, owner).status_code == 401
    assert not Session.objects.filter(user=owner.user).exists()
    assert not AuditEvent.objects.filter(action="session.started").exists()


def test_a_session_that_ends_under_a_request_is_told_of_as_that(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browser_of(owner)
    rename = organization_settings.rename_organization

    def rename_and_end(*told: Any, **name: Any) -> None:
        rename(*told, **name)
        Session.objects.all().delete()

    monkeypatch.setattr(organization, "rename_organization", rename_and_end)
    answer = browser.post("/console/acme/organization", {"name": "Acme and sons"})
    assert answer.status_code == 401
    assert "Your session has ended" in words_on(answer)
    assert "Host" not in words_on(answer)


@pytest.mark.django_db(transaction=True)
def test_an_invitation_that_was_accepted_is_not_called_revoked(
    owner: Membership, outsider: Membership
) -> None:
    path, browser = link_for(owner), browser_of(owner)
    answer = browser.get(INVITATIONS).content.decode()
    at = answer.index(f"{INVITATIONS}/", answer.index("Whoever has the link"))
    page = answer[at : answer.index('"', at)]
    browser_of(outsider).post(path, {"join": "yes"})
    told = words_on(browser.post(page, follow=True))
    assert "is revoked" not in told
    assert "Accepted" in told
