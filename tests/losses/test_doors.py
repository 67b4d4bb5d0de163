"""Every door by which a token may lose something answers once nobody has it any more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from accounts import losses
from accounts.actor import Actor
from accounts.api.base import PublicViewSet
from accounts.models import Membership, ServiceAccount
from accounts.moments import timestamp
from accounts.services.service_accounts import (
    change_service_account,
    delete_service_account,
    disable_service_account,
)
from accounts.services.suspension import suspend_organization
from accounts.staff import StaffRole
from tests.admin.acts import REASON
from tests.admin.bulk import ACCOUNTS, begin, choose, done
from tests.admin.staff import browser_of as staff_browser_of
from tests.admin.staff import make_staff
from tests.clients import RestClient
from tests.conftest import acting
from tests.console.pages import browser_of
from tests.rest.operations import ACCOUNT, TOKEN
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_tokens

pytestmark = pytest.mark.django_db(transaction=True)  # so that no transaction is the test's own

CONSOLE = "/console/acme/service-accounts/deploy"
GAINS = {"create", "enable", "renew", "end"}
"""What REST writes and no token loses anything by; a JWT is kept by nobody."""


@dataclass
class World:
    """Who may take what from whom."""

    rest: RestClient
    browser: Client
    staff: Client
    actor: Actor
    account: ServiceAccount
    named: IssuedToken
    following: IssuedToken

    @property
    def has_lost(self) -> bool:
        """Whether a gateway is told of less than it was told of at first."""
        asked = {self.named: "write:releases", self.following: "read:releases"}
        return any(
            Client()
            .get(
                f"/api/tokens/validate?scope={scope}",
                headers={"Authorization": f"Bearer {issued.secret}"},
            )
            .status_code
            != 200
            for issued, scope in asked.items()
        )

    def by_staff(self, thing: str, act: str, **typed: str) -> Any:
        """Confirm an act in the admin; whatever was the matter, it leads on."""
        answer = self.staff.post(f"/admin/{thing}/{act}", {"reason": REASON, **typed})
        assert answer.status_code == 303, answer.content
        return answer

    @property
    def token_page(self) -> str:
        """The token's place in the admin."""
        return f"tokens/token/{self.named.token.pk}"

    @property
    def organization_page(self) -> str:
        """The organization's place in the admin."""
        return f"accounts/organization/{self.account.organization_id}"

    def edited(self, address: str, **typed: Any) -> None:
        """Send a form of the console, which is taken."""
        answer = self.browser.post(address, typed)
        assert answer.status_code == 303, answer.content


@pytest.fixture
def world(owner: Membership, deploy: ServiceAccount, ci: IssuedToken, settings: Any) -> World:
    """The account ``deploy`` with two tokens, and people who may take them away."""
    settings.WARDKEY_STAFF_MFA = False
    actor = Actor.system(owner.organization_id)
    return World(
        rest=acting(owner),
        browser=browser_of(owner),
        staff=staff_browser_of(make_staff(StaffRole.LEAD)),
        actor=actor,
        account=deploy,
        named=ci,
        following=issue_token(actor, deploy, name="follows"),
    )


@pytest.fixture
def waits(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, bool]]:
    """Every wait: whether it was inside a transaction, and whether the loss was to be seen."""
    begun: list[tuple[bool, bool]] = []
    monkeypatch.setattr(
        losses, "wait", lambda: begun.append((connection.in_atomic_block, world.has_lost))
    )
    return begun


Take = Callable[[World], object]
TAKING: dict[str, Take] = {
    "REST revokes": lambda w: w.rest.delete(TOKEN),
    "a token revokes itself": lambda w: RestClient("/api", str(w.named.secret)).delete(TOKEN),
    "REST cuts a token's scopes": lambda w: w.rest.patch(TOKEN, {"scopes": []}),
    "REST cuts an account's scopes": lambda w: w.rest.patch(ACCOUNT, {"scopes": []}),
    "REST puts an account's scopes": lambda w: w.rest.put(ACCOUNT, {"name": "a", "scopes": []}),
    "REST disables": lambda w: w.rest.post(f"{ACCOUNT}/disable"),
    "REST deletes": lambda w: w.rest.delete(ACCOUNT),
    "the console revokes": lambda w: w.edited(f"{CONSOLE}/tokens/ci/revoke"),
    "the console revokes several": lambda w: w.edited(
        f"{CONSOLE}/tokens/-/revoke?token=ci&token=follows"
    ),
    "the console disables": lambda w: w.edited(f"{CONSOLE}/disable"),
    "the console deletes": lambda w: w.edited(f"{CONSOLE}/delete"),
    "the console cuts a token's scopes": lambda w: w.edited(
        f"{CONSOLE}/tokens/ci/edit",
        name="ci",
        mode="choose",
        scopes="read:releases",
        expires="keep",
    ),
    "the console cuts an account's scopes": lambda w: w.edited(f"{CONSOLE}/edit", name="Deploy"),
    "staff revoke": lambda w: w.by_staff(w.token_page, "revoke"),
    "staff disable": lambda w: w.by_staff(f"accounts/serviceaccount/{w.account.pk}", "disable"),
    "staff suspend": lambda w: w.by_staff(w.organization_page, "suspend"),
    "staff revoke many": lambda w: done(
        begin(w.staff, choose(w.staff, "revoke", w.named.token, w.following.token))
    ),
    "staff disable many": lambda w: done(
        begin(w.staff, choose(w.staff, "disable", w.account, at=ACCOUNTS))
    ),
    "the operator deletes an organization": lambda _: call_command("delete_organization", "acme"),
}


def again(take: Take) -> Take:
    """Return what takes away what was taken before."""

    def taken(world: World) -> object:
        revoke_tokens(world.actor, [world.named.token])
        return take(world)

    return taken


def _after_delete(take: Take) -> Take:
    def taken(world: World) -> object:
        delete_service_account(world.actor, world.account)
        return take(world)

    return taken


def _finished_run(world: World) -> object:
    page = choose(world.staff, "revoke", world.named.token)
    done(begin(world.staff, page))
    return world.staff.post(page)


AGAIN: dict[str, Take] = {
    "REST revokes": again(TAKING["REST revokes"]),
    "a token that is revoked revokes itself": again(TAKING["a token revokes itself"]),
    "REST changes a token": again(TAKING["REST cuts a token's scopes"]),
    "the console revokes": again(lambda w: w.browser.post(f"{CONSOLE}/tokens/ci/revoke")),
    "the console revokes several": again(
        lambda w: w.browser.post(f"{CONSOLE}/tokens/-/revoke?token=ci")
    ),
    "staff revoke": again(TAKING["staff revoke"]),
    "REST deletes": _after_delete(TAKING["REST deletes"]),
    "REST disables what is deleted": _after_delete(TAKING["REST disables"]),
    "REST changes what is deleted": _after_delete(TAKING["REST cuts an account's scopes"]),
    "REST revokes under what is deleted": _after_delete(TAKING["REST revokes"]),
    "the console deletes": _after_delete(lambda w: w.browser.post(f"{CONSOLE}/delete")),
}


@pytest.mark.parametrize("take", TAKING.values(), ids=TAKING)
def test_a_loss_is_told_after_one_wait_that_begins_after_its_commit(
    world: World, waits: list[tuple[bool, bool]], take: Take
) -> None:
    assert not world.has_lost
    take(world)
    assert waits == [(False, True)]


@pytest.mark.parametrize("take", AGAIN.values(), ids=AGAIN)
def test_what_finds_nothing_left_to_take_waits_too(
    world: World, waits: list[tuple[bool, bool]], take: Take
) -> None:
    before = len(waits)
    take(world)
    assert waits[before:][-1:] == [(False, True)]
    assert len(waits) == 2, "the first loss, and the second try"


def test_a_run_that_is_over_is_told_of_after_a_wait(
    world: World, waits: list[tuple[bool, bool]]
) -> None:
    _finished_run(world)
    assert waits == [(False, True)] * 2


def test_a_disabled_account_that_is_disabled_waits(
    world: World, waits: list[tuple[bool, bool]]
) -> None:
    disable_service_account(world.actor, world.account)
    world.rest.post(f"{ACCOUNT}/disable")
    assert waits == [(False, True)] * 2


def test_an_end_that_comes_earlier_is_told_after_a_wait(
    world: World, waits: list[tuple[bool, bool]]
) -> None:
    soon = timestamp(timezone.now() + timedelta(days=1))
    assert world.rest.patch(TOKEN, {"expiresAt": soon}).status_code == 200
    world.by_staff(world.token_page, "expiry", expires="never")
    page = choose(world.staff, "change expiry", world.named.token)
    done(begin(world.staff, page, expires="never"))
    assert [inside for inside, _ in waits] == [False] * 3


def test_a_commit_of_which_nobody_knows_is_told_of_after_a_wait(
    world: World, waits: list[tuple[bool, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = connection.commit

    def lose_the_answer() -> None:
        commit()
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(connection, "commit", lose_the_answer)
    assert world.rest.delete(TOKEN).status_code == 503
    assert waits == [(False, True)]


def test_nothing_else_waits(world: World, waits: list[tuple[bool, bool]]) -> None:
    disable_service_account(world.actor, world.account)
    assert world.rest.post(f"{ACCOUNT}/enable").status_code == 200
    assert world.rest.post(f"{ACCOUNT}/tokens", {"name": "new"}).status_code == 201
    assert world.rest.post("/service-accounts", {"name": "new"}).status_code == 201
    for address in (TOKEN, ACCOUNT, f"{ACCOUNT}/tokens", "/whoami"):
        assert world.rest.get(address).status_code == 200
    for address in ("", "/tokens/ci/revoke", "/disable", "/delete", "/edit"):
        assert world.browser.get(f"{CONSOLE}{address}").status_code == 200
    assert world.staff.get(f"/admin/{world.token_page}/revoke").status_code == 200
    assert len(waits) == 1, "the one at the beginning"


def test_services_wait_by_themselves_where_nobody_holds_an_answer(
    world: World, waits: list[tuple[bool, bool]]
) -> None:
    change_service_account(world.actor, world.account, scopes=[])
    suspend_organization(world.actor, world.account.organization)
    assert waits == [(False, True)] * 2


def test_each_operation_of_rest_that_writes_gives_or_takes() -> None:
    views = [route.callback for route in routes(get_resolver().url_patterns)]
    writing = {
        action
        for view in views
        if issubclass(getattr(view, "cls", object), PublicViewSet)
        for method, action in view.actions.items()
        if method not in {"get", "head"} and action not in view.cls.losses
    }
    assert writing == GAINS


def routes(patterns: list[Any]) -> Iterator[Any]:
    """Yield every route below ``patterns``."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            yield pattern
