"""A small named world: the organization `acme`, its people, and the account `deploy`."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from hypothesis import HealthCheck, settings

from accounts import jwt, losses, triggers
from accounts.actor import Actor
from accounts.models import Membership, Organization, ServiceAccount, User
from accounts.roles import Role
from accounts.services.memberships import add_member
from accounts.services.organizations import found_organization
from accounts.services.service_accounts import create_service_account
from tests import leaks
from tests.clients import RestClient
from tokens.services.issue import IssuedToken, issue_token

PASSWORD = "a phrase of the tests alone"

# How long one example takes says more of the machine than of what is tested.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(autouse=True, scope="session")
def secrets_known() -> Iterator[None]:
    """Know every secret that the suite makes, from its first to its last."""
    with leaks.watching():
        yield


@pytest.fixture(autouse=True)
def nothing_leaks(secrets_known: None) -> Iterator[None]:
    """Fail a test in which a secret was written where none may stand (``tests/leaks.py``)."""
    yield
    found, leaks.leaks.found = leaks.leaks.found, []
    assert not found, found[:5]


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once what takes rights away; processes that a test starts wait in full."""
    monkeypatch.setattr(losses, "WAIT_SECONDS", 0)


@pytest.fixture(autouse=True, scope="session")
def flush_may_empty_the_audit_log() -> Iterator[None]:
    """Let the flush after a transactional test open a maintenance pass of its own.

    Production code has no such way: the flush's statements are wrapped here.
    """
    operations: Any = type(connection.ops)
    original = operations.execute_sql_flush

    def wrapped(self: BaseDatabaseOperations, statements: list[str]) -> None:
        if statements:
            statements = [
                *triggers.opening(self.connection),
                *statements,
                *triggers.closing(self.connection),
            ]
        original(self, statements)

    operations.execute_sql_flush = wrapped
    yield
    operations.execute_sql_flush = original


def make_person(email: str, name: str) -> User:
    """Return a person with a local login and ``PASSWORD``, outside every organization."""
    return User.objects.create_user(email, PASSWORD, name=name)


def make_member(organization: Organization, role: Role, name: str) -> Membership:
    """Return a new person's membership of ``organization``."""
    person = make_person(f"{name.lower()}@{organization.slug}.test", name)
    return add_member(Actor.system(organization.id), organization, person, role)


def make_organization(slug: str) -> Membership:
    """Return the owner's membership of a new organization."""
    founded = found_organization(
        slug=slug,
        name=slug.title(),
        owner_email=f"owner@{slug}.test",
        owner_name=f"Owner of {slug}",
        password=PASSWORD,
    )
    rows = Membership.objects.select_related("organization", "user")
    return rows.get(organization=founded.organization)


@pytest.fixture
def owner(db: None) -> Membership:
    """The owner of `acme`."""
    return make_organization("acme")


@pytest.fixture
def acme(owner: Membership) -> Organization:
    """The organization that the tests live in."""
    return owner.organization


@pytest.fixture
def admin(acme: Organization) -> Membership:
    """An admin of `acme`: holds every scope."""
    return make_member(acme, Role.ADMIN, "Adam")


@pytest.fixture
def developer(acme: Organization) -> Membership:
    """A developer of `acme`: holds `read:*` and `write:tokens`."""
    return make_member(acme, Role.DEVELOPER, "Dora")


@pytest.fixture
def viewer(acme: Organization) -> Membership:
    """A viewer of `acme`: holds `read:*`."""
    return make_member(acme, Role.VIEWER, "Vera")


@pytest.fixture
def outsider(db: None) -> Membership:
    """The owner of another organization, `rival`."""
    return make_organization("rival")


@pytest.fixture
def deploy(acme: Organization) -> ServiceAccount:
    """A service account of `acme` whose tokens get `read:releases` by default."""
    return create_service_account(
        Actor.system(acme.id), name="Deploy", slug="deploy", scopes=["read:releases"]
    )


@pytest.fixture
def ci(acme: Organization, deploy: ServiceAccount) -> IssuedToken:
    """A token of `deploy` that holds `write:tokens` and `write:releases`; it never ends."""
    return issue_token(
        Actor.system(acme.id),
        deploy,
        name="ci",
        slug="ci",
        scopes=["write:tokens", "write:releases"],
    )


@pytest.fixture(params=["", "/api"], ids=["root", "api"])
def door(request: pytest.FixtureRequest) -> str:
    """Each of the two doors of the REST API."""
    return str(request.param)


@pytest.fixture
def anyone(db: None) -> RestClient:
    """A client without a credential, through `/api`."""
    return RestClient()


@pytest.fixture
def rest(owner: Membership) -> RestClient:
    """A client of the owner of `acme`, through `/api`."""
    return acting(owner)


def acting(membership: Membership, door: str = "/api") -> RestClient:
    """Return a client with a JWT of this member."""
    return RestClient(door, jwt.mint(membership))
