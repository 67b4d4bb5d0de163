"""The services keep the wall themselves, even if a door forgot to look."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.actor import Actor
from accounts.errors import DomainError, NoSuchAccount
from accounts.models import Membership, Organization, User
from accounts.request_errors import NoSuchAddress
from accounts.roles import Role
from accounts.services.memberships import add_member, grant_jwt, remove_member, take_in
from accounts.services.organizations import delete_organization
from accounts.services.outsiders import take_in_outsider
from accounts.services.service_accounts import (
    change_service_account,
    delete_service_account,
    disable_service_account,
)
from tests.organizations.rows import all_rows
from tokens.services.change import change_token
from tokens.services.enable import enable_service_account
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_token

Act = Callable[[Actor, Any], object]

ON_ACCOUNTS: dict[str, Act] = {
    "change": lambda actor, account: change_service_account(actor, account, name="Taken over"),
    "disable": disable_service_account,
    "enable": enable_service_account,
    "delete": delete_service_account,
    "issue": lambda actor, account: issue_token(actor, account, name="foothold"),
}
ON_TOKENS: dict[str, Act] = {
    "change": lambda actor, token: change_token(actor, token, name="Taken over"),
    "revoke": revoke_token,
}
ON_ORGANIZATIONS: dict[str, Callable[[Actor, Organization, User], object]] = {
    "add": lambda actor, organization, user: add_member(actor, organization, user, Role.OWNER),
    "demote": lambda actor, organization, user: add_member(actor, organization, user, Role.VIEWER),
    "take in": lambda actor, organization, _: take_in(
        actor, organization, Role.OWNER, email="foothold@rival.test"
    ),
    "take in an outsider": lambda actor, organization, _: take_in_outsider(
        actor, organization, Role.OWNER, issuer="https://i.test", subject="foothold"
    ),
    "grant a JWT": lambda actor, organization, user: grant_jwt(
        actor, Membership.objects.get(organization=organization, user=user), timedelta(minutes=5)
    ),
    "remove": remove_member,
    "delete": lambda actor, organization, _: delete_organization(actor, organization),
}


@pytest.fixture
def stranger(outsider: Membership) -> Actor:
    """An actor of `rival` who holds everything there."""
    return Actor.system(outsider.organization_id)


@pytest.mark.parametrize("act", ON_ACCOUNTS.values(), ids=ON_ACCOUNTS)
def test_a_foreign_account_is_none(act: Act, stranger: Actor, ci: IssuedToken) -> None:
    before = all_rows()
    with pytest.raises(NoSuchAccount):
        act(stranger, ci.token.service_account)
    assert all_rows() == before


@pytest.mark.parametrize("act", ON_TOKENS.values(), ids=ON_TOKENS)
def test_a_foreign_token_is_none(act: Act, stranger: Actor, ci: IssuedToken) -> None:
    before = all_rows()
    with pytest.raises(DomainError) as refusal:
        act(stranger, ci.token)
    assert refusal.value.status == 404
    assert all_rows() == before


@pytest.mark.parametrize("act", ON_ORGANIZATIONS.values(), ids=ON_ORGANIZATIONS)
def test_a_foreign_organization_is_none(
    act: Callable[[Actor, Organization, User], object],
    stranger: Actor,
    acme: Organization,
    viewer: Membership,
) -> None:
    before = all_rows()
    with pytest.raises(NoSuchAddress):
        act(stranger, acme, viewer.user)
    assert all_rows() == before
