"""Every act that changes something, as it is asked for, and what the log then says of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, Organization, User
from accounts.roles import Role
from accounts.services.memberships import add_member, grant_jwt, remove_member, take_in
from accounts.services.organizations import (
    create_organization,
    delete_organization,
    found_organization,
)
from accounts.services.outsiders import take_in_outsider
from accounts.services.people import set_password
from accounts.services.suspension import suspend_organization
from tests.clients import Answer, RestClient

ACCOUNTS, DEPLOY = "/service-accounts", "/service-accounts/deploy"
CI = f"{DEPLOY}/tokens/ci"


class _SomeTime:
    """Equal to each time, as the log writes it."""

    def __eq__(self, other: object) -> bool:
        form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"
        return isinstance(other, str) and re.fullmatch(form, other) is not None

    __hash__ = None  # type: ignore[assignment]


SOME_TIME = _SomeTime()


def gained(**members: Any) -> dict[str, Any]:
    """Return the changes of something that was not there before."""
    return {member: {"before": None, "after": value} for member, value in members.items()}


@dataclass(frozen=True, slots=True)
class Act:
    """One request, and the line that it writes; ``target`` is a slug."""

    method: str
    address: str
    body: dict[str, Any] | None
    action: str
    target: str
    changes: dict[str, Any] = field(default_factory=dict, hash=False)
    first: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.action

    def prepare(self, client: RestClient) -> None:
        """Do what has to be done before."""
        for method, address in self.first:
            assert client.ask(method, address).status_code < 300

    def ask(self, client: RestClient, **headers: str) -> Answer:
        """Ask for it."""
        return client.ask(self.method, self.address, self.body, headers=headers)


END = "2999-01-31T12:00:00Z"
ACTS = [
    Act("POST", ACCOUNTS, {"name": "New", "slug": "new", "scopes": ["read:audit"]},
        "service_account.created", "new",
        gained(name="New", description=None, external_id=None, scopes=["read:audit"])),
    Act("PUT", DEPLOY, {"name": "Renamed", "scopes": []}, "service_account.changed", "deploy",
        {"name": {"before": "Deploy", "after": "Renamed"},
         "scopes": {"before": ["read:releases"], "after": []}}),
    Act("PATCH", DEPLOY, {"externalId": "x-1"}, "service_account.changed", "deploy",
        gained(external_id="x-1")),
    Act("POST", f"{DEPLOY}/disable", None, "service_account.disabled", "deploy",
        gained(disabled_at=SOME_TIME)),
    Act("POST", f"{DEPLOY}/enable", None, "service_account.enabled", "deploy",
        {"disabled_at": {"before": SOME_TIME, "after": None}},
        first=(("POST", f"{DEPLOY}/disable"),)),
    Act("DELETE", DEPLOY, None, "service_account.deleted", "deploy",
        gained(deleted_at=SOME_TIME)),
    Act("POST", f"{DEPLOY}/tokens", {"name": "t", "slug": "t-1", "expiresAt": END},
        "token.issued", "t-1",
        gained(name="t", description=None, scopes=None, expires_at=END)),
    Act("PATCH", CI, {"scopes": ["read:audit"], "description": "For CI."}, "token.changed", "ci",
        {"scopes": {"before": ["write:releases", "write:tokens"], "after": ["read:audit"]},
         "description": {"before": None, "after": "For CI."}}),
    Act("DELETE", CI, None, "token.revoked", "ci", gained(revoked_at=SOME_TIME)),
]  # fmt: skip
"""Over REST, by the owner of `acme`."""

NEW_PASSWORD = "a phrase that was just thought of"
Work = Callable[[Actor, Organization, User], object]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log: ``target`` is the slug, of a person from outside the name."""

    action: str
    target: str | None
    changes: dict[str, Any] = field(default_factory=dict)
    target_type: str | None = None


def created(email: str | None, name: str) -> Line:
    """Return the line of a new person."""
    facts = {"email": email} if email else {}
    return Line("user.created", email or name, gained(**facts, name=name))


def added(called: str, role: str) -> Line:
    """Return the line of a new member, called by e-mail address or name."""
    return Line("member.added", called, gained(role=role))


LONER, ADAM, EVE = "loner@acme.test", "adam@acme.test", "eve@acme.test"
FOUNDED = Line("organization.created", "newco", gained(name="N", external_id=None))
COMMANDS: dict[str, tuple[Work, list[Line]]] = {
    "a member is added": (
        lambda actor, acme, person: add_member(actor, acme, person, Role.VIEWER),
        [added(LONER, "viewer")],
    ),
    "a member gets another role": (
        lambda actor, acme, _: add_member(actor, acme, _adam().user, Role.VIEWER),
        [Line("member.role_changed", ADAM, {"role": {"before": "admin", "after": "viewer"}})],
    ),
    "a member is removed": (
        lambda actor, acme, _: remove_member(actor, acme, _adam().user),
        [Line("member.removed", ADAM, {"role": {"before": "admin", "after": None}})],
    ),
    "somebody new is taken in": (
        lambda actor, acme, _: take_in(actor, acme, Role.VIEWER, email=EVE, name="Eve"),
        [created(EVE, "Eve"), added(EVE, "viewer")],
    ),
    "somebody new is taken in with a password": (
        lambda actor, acme, _: take_in(
            actor, acme, Role.ADMIN, email=EVE, name="Eve", password=NEW_PASSWORD
        ),
        [created(EVE, "Eve"), Line("user.password_set", EVE), added(EVE, "admin")],
    ),
    "somebody known is taken in, and keeps their password": (
        lambda actor, acme, _: take_in(
            actor, acme, Role.VIEWER, email=LONER, name="Eve", password=NEW_PASSWORD
        ),
        [added(LONER, "viewer")],
    ),
    "somebody from outside is taken in": (
        lambda actor, acme, _: take_in_outsider(
            actor, acme, Role.VIEWER, issuer="https://i.test", subject="eve", name="Eve"
        ),
        [
            created(None, "Eve"),
            Line("user.identity_linked", "Eve", gained(issuer="https://i.test", subject="eve")),
            added("Eve", "viewer"),
        ],
    ),
    "a password is set": (
        lambda _actor, _acme, _person: set_password(_adam().user, NEW_PASSWORD),
        [Line("user.password_set", ADAM)],
    ),
    "a JWT is issued": (
        lambda actor, _acme, _person: grant_jwt(actor, _adam(), timedelta(minutes=5)),
        [Line("jwt.issued", ADAM, gained(lifetime_seconds=300), target_type="user")],
    ),
    "an organization is deleted": (
        lambda actor, acme, _: delete_organization(actor, acme),
        [Line("organization.deleted", "acme", gained(deleted_at=SOME_TIME))],
    ),
    "an organization is suspended": (
        lambda actor, acme, _: suspend_organization(actor, acme),
        [Line("organization.suspended", "acme", gained(suspended_at=SOME_TIME))],
    ),
    "an organization is created, and its owner invited": (
        lambda _actor, _acme, _person: create_organization(
            Actor.system(uuid4()), slug="newco", name="N", owner_email=EVE
        ),
        [FOUNDED, Line("invitation.created", EVE, gained(role="owner", email=EVE))],
    ),
    "an organization is founded by somebody known": (
        lambda _actor, _acme, _person: found_organization(
            slug="newco", name="N", owner_email=LONER
        ),
        [FOUNDED, added(LONER, "owner")],
    ),
    "an organization is founded by somebody new": (
        lambda _actor, _acme, _person: found_organization(
            slug="newco", name="N", owner_email=EVE, owner_name="Eve", password=NEW_PASSWORD
        ),
        [FOUNDED, created(EVE, "Eve"), Line("user.password_set", EVE), added(EVE, "owner")],
    ),
}
"""What happens by services that no REST operation asks for, and every line that it writes."""


def _adam() -> Membership:
    return Membership.objects.get(user__email=ADAM)


def seen() -> set[UUID]:
    """Return the ids of what the log has now."""
    return set(AuditEvent.objects.values_list("id", flat=True))


def new_lines(before: set[UUID]) -> list[AuditEvent]:
    """Return what the log has beside ``before``, oldest first."""
    return list(AuditEvent.objects.exclude(id__in=before).order_by("at", "id"))
