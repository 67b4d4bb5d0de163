"""What quickstart stands on: the database, the keys, the organization and its owner."""

import secrets
from dataclasses import dataclass

from django.core.management import call_command

from accounts import jwt
from accounts.management.refusals import Refused
from accounts.models import Membership
from accounts.services.organizations import Founded, found_organization
from config.operations.health import start_faults
from config.operations.keys import remember_keys

ORGANIZATION = "demo"
EMAIL = "owner@example.com"

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5


@dataclass(frozen=True, slots=True)
class Ground:
    """The owner's membership of the demo organization."""

    membership: Membership

    def jwt(self) -> str:
        """Return a fresh JWT of the owner, good for an hour; it leaves no audit line.

        Why: ``docs/decisions/0006-what-the-audit-log-records.md``.
        """
        return jwt.mint(self.membership, jwt.LONGEST_LIFETIME)


def prepare() -> Ground:
    """Migrate, and make sure of the demo organization and its owner; what is there stays.

    The owner has no password until ``give_password``: a run that fails half-way must
    not leave one behind that nobody has seen.

    Raises:
        Refused: the server would not start on what is there.
    """
    call_command("migrate", verbosity=0, interactive=False)
    faults = start_faults()
    if faults:
        raise Refused("; ".join(faults))
    remember_keys()
    demo = _found(password=None)
    rows = Membership.objects.select_related("user", "organization")
    return Ground(rows.get(user=demo.owner.user, organization=demo.organization))


def give_password() -> str | None:
    """Give the owner a random password and return it; None if there is one already.

    It has 99 random bits, and no two letters that look alike.
    """
    groups = ["".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)]
    password = "-".join(groups)
    return password if _found(password=password).owner.password_set else None


def _found(password: str | None) -> Founded:
    return found_organization(
        slug=ORGANIZATION,
        name="Demo",
        owner_email=EMAIL,
        owner_name="Demo Owner",
        password=password,
    )
