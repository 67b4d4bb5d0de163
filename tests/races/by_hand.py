"""Suspends and deletes organizations, as commands do, one for each line of its input.

Run as ``python -m tests.process tests.races.by_hand`` in the environment of the installation;
a line is ``suspend SLUG`` or ``delete SLUG``, and the answer to it is ``done``; with the word
``without-wait`` it comes at once.
"""

import sys

from django.db import connections

from accounts import losses
from accounts.actor import Actor
from accounts.models import Organization
from accounts.services.organizations import delete_organization
from accounts.services.suspension import suspend_organization

ACTS = {"suspend": suspend_organization, "delete": delete_organization}


def main() -> None:
    """Do what comes until nothing comes any more."""
    if "without-wait" in sys.argv:
        losses.WAIT_SECONDS = 0.0
    for line in sys.stdin:
        act, slug = line.split()
        organization = Organization.objects.get(slug=slug)
        ACTS[act](Actor.system(organization.id), organization)
        connections.close_all()
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
