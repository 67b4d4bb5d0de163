"""One of two processes in which an owner removes the other owner.

Run as ``python -m tests.process tests.races.removal MINE THEIRS`` (e-mail addresses).
It says ``ready``, reads the slugs of organizations, one a line, and says for each what
became of the removal.
"""

import sys
from collections.abc import Iterator

from accounts.actor import Actor, Kind
from accounts.errors import DomainError
from accounts.models import Membership, Organization, User
from accounts.roles import SCOPES, Role
from accounts.services.memberships import remove_member


def removals(mine: str, theirs: str) -> Iterator[str]:
    """Yield, for each organization that is named on stdin, ``removed`` or the refusal's code."""
    me, them = User.objects.get(email=mine), User.objects.get(email=theirs)
    organizations = {found.slug: found for found in Organization.objects.iterator()}
    assert Membership.objects.filter(user=me, role=Role.OWNER).exists()
    yield "ready"
    for line in sys.stdin:
        organization = organizations[line.strip()]
        actor = Actor(
            id=me.id,
            name=me.name,
            kind=Kind.USER,
            organization_id=organization.id,
            scopes=SCOPES[Role.OWNER],
            role=Role.OWNER,
            request_id="race",
        )
        try:
            remove_member(actor, organization, them)
        except DomainError as refusal:
            yield refusal.code
        else:
            yield "removed"


if __name__ == "__main__":
    for said in removals(*sys.argv[1:]):
        print(said, flush=True)  # noqa: T201 - this is how it answers
