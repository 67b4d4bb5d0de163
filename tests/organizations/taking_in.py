"""One of several processes that take the same new people in, as ``add_member`` does.

Run as ``python -m tests.process tests.organizations.taking_in SLUG`` (the organization's).
It says ``ready``, reads e-mail addresses, one a line, and says for each who the person is.
"""

import sys
from collections.abc import Iterator

from accounts.actor import Actor
from accounts.models import Organization
from accounts.roles import Role
from accounts.services.memberships import take_in

PASSWORD = "a phrase of the race alone"


def people(slug: str) -> Iterator[str]:
    """Yield, for each address that is named on stdin, the id of whom was taken in."""
    organization = Organization.objects.get(slug=slug)
    system = Actor.system(organization.id)
    yield "ready"
    for line in sys.stdin:
        email = line.strip()
        taken = take_in(
            system, organization, Role.VIEWER, email=email, name="New", password=PASSWORD
        )
        yield str(taken.person.user.id)


if __name__ == "__main__":
    for said in people(*sys.argv[1:]):
        print(said, flush=True)  # noqa: T201 - this is how it answers
