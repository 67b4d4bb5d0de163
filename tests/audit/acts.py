"""Every act that changes something, as it is asked for, and what the log then says of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.actor import Actor
from accounts.models import AuditEvent, Organization, User
from accounts.roles import Role
from accounts.services.memberships import add_member, remove_member
from accounts.services.organizations import delete_organization, ensure_organization
from tests.clients import Answer, RestClient

ACCOUNTS, DEPLOY = "/service-accounts", "/service-accounts/deploy"
CI = f"{DEPLOY}/tokens/ci"


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
    Act("POST", f"{DEPLOY}/disable", None, "service_account.disabled", "deploy"),
    Act("POST", f"{DEPLOY}/enable", None, "service_account.enabled", "deploy",
        first=(("POST", f"{DEPLOY}/disable"),)),
    Act("DELETE", DEPLOY, None, "service_account.deleted", "deploy"),
    Act("POST", f"{DEPLOY}/tokens", {"name": "t", "slug": "t-1", "expiresAt": END},
        "token.issued", "t-1",
        gained(name="t", description=None, scopes=None, expires_at=END)),
    Act("PATCH", CI, {"scopes": ["read:audit"], "description": "For CI."}, "token.changed", "ci",
        {"scopes": {"before": ["write:releases", "write:tokens"], "after": ["read:audit"]},
         "description": {"before": None, "after": "For CI."}}),
    Act("DELETE", CI, None, "token.revoked", "ci"),
]  # fmt: skip
"""Over REST, by the owner of `acme`."""

Work = Callable[[Actor, Organization, User], object]
COMMANDS: dict[str, tuple[Work, str, dict[str, Any]]] = {
    "member.added": (
        lambda actor, acme, person: add_member(actor, acme, person, Role.VIEWER),
        "loner@acme.test",
        gained(role="viewer"),
    ),
    "member.role_changed": (
        lambda actor, acme, _: add_member(actor, acme, _adam(), Role.VIEWER),
        "adam@acme.test",
        {"role": {"before": "admin", "after": "viewer"}},
    ),
    "member.removed": (
        lambda actor, acme, _: remove_member(actor, acme, _adam()),
        "adam@acme.test",
        {"role": {"before": "admin", "after": None}},
    ),
    "organization.deleted": (
        lambda actor, acme, _: delete_organization(actor, acme),
        "acme",
        {},
    ),
    "organization.created": (
        lambda _actor, _acme, person: ensure_organization(slug="newco", name="N", owner=person),
        "newco",
        gained(name="N", external_id=None),
    ),
}
"""By services that no REST operation asks for."""


def _adam() -> User:
    return User.objects.get(email="adam@acme.test")


def seen() -> set[UUID]:
    """Return the ids of what the log has now."""
    return set(AuditEvent.objects.values_list("id", flat=True))


def new_lines(before: set[UUID]) -> list[AuditEvent]:
    """Return what the log has beside ``before``, oldest first."""
    return list(AuditEvent.objects.exclude(id__in=before).order_by("at", "id"))
