"""Ways to lose the right to write, between the look at a credential and the transaction."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.api.base import PublicViewSet
from accounts.models import Membership, Organization, ServiceAccount, User
from accounts.roles import Role
from tests.organizations.rows import Rows, all_rows
from tokens.models import Token


@dataclass(frozen=True, slots=True)
class Loss:
    """What happens to the caller meanwhile, and the status that it makes."""

    name: str
    status: int
    happen: Callable[[], int]

    def __str__(self) -> str:
        return self.name


def of_organization(**facts: object) -> Callable[[], int]:
    """Return the act of changing `acme`."""
    return lambda: Organization.objects.filter(slug="acme").update(**facts)


def of_member(**facts: object) -> Callable[[], int]:
    """Return the act of changing Adam's membership."""
    return lambda: Membership.objects.filter(user__email="adam@acme.test").update(**facts)


def of_token(**facts: object) -> Callable[[], int]:
    """Return the act of changing the token `key` of the account `robot`."""
    return lambda: Token.objects.filter(slug="key").update(**facts)


def of_account(**facts: object) -> Callable[[], int]:
    """Return the act of changing the account `robot`."""
    return lambda: ServiceAccount.objects.filter(slug="robot").update(**facts)


def _deactivate() -> int:
    return User.objects.filter(email="adam@acme.test").update(is_active=False)


NOW, PAST = timezone.now(), timezone.now() - timedelta(days=1)

OF_ORGANIZATIONS = [
    Loss("organization suspended", 401, of_organization(suspended_at=NOW)),
    Loss("organization deleted", 401, of_organization(deleted_at=NOW)),
]
OF_PEOPLE = [
    Loss("member removed", 401, of_member(removed_at=NOW)),
    Loss("person deactivated", 401, _deactivate),
    Loss("member demoted", 403, of_member(role=Role.VIEWER)),
    *OF_ORGANIZATIONS,
]
OF_TOKENS = [
    Loss(
        "token revoked",
        401,
        of_token(
            revoked_at=NOW, revoked_by_id=uuid.UUID(int=1), revoked_by_name="Adam", ended_scopes=[]
        ),
    ),
    Loss("token expired", 401, of_token(expires_at=PAST)),
    Loss("token narrowed", 403, of_token(scopes=["read:*"])),
    Loss("account disabled", 401, of_account(disabled_at=NOW)),
    Loss("account deleted", 401, of_account(deleted_at=NOW)),
    Loss("account narrowed", 403, of_account(scopes=["read:*"])),
    *OF_ORGANIZATIONS,
]


def lose_meanwhile(patch: pytest.MonkeyPatch, loss: Callable[[], int]) -> list[Rows]:
    """Let ``loss`` happen when the next request has been looked at and nothing is done yet.

    Returns:
        the rows as they are right after it, once it has happened.
    """
    found: list[Rows] = []
    look = PublicViewSet.initial

    def look_and_lose(view: PublicViewSet, *args: object, **names: object) -> None:
        look(view, *args, **names)  # type: ignore[arg-type]
        assert loss() == 1, "there is something to lose"
        found.append(all_rows())

    patch.setattr(PublicViewSet, "initial", look_and_lose)
    return found
