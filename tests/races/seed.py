"""Fills an installation for the races and prints, as JSON, who its people are.

Run as ``python -m tests.process tests.races.seed``, in the environment of the installation.
"""

import json
import sys
from datetime import timedelta

from accounts import jwt
from accounts.actor import Actor
from accounts.models import Membership
from accounts.roles import Role
from accounts.services.memberships import add_member
from accounts.services.organizations import ensure_organization
from accounts.services.people import ensure_user

PASSWORD = "correct horse battery staple"
OWNERS_RACED = 12


def main() -> None:
    """Make `acme` with an owner, a guessed-at member, and organizations with two owners each."""
    owner = ensure_user(email="owner@acme.test", name="Olga", password=PASSWORD).user
    guessed = ensure_user(email="guessed@acme.test", name="Gert", password=PASSWORD).user
    acme = ensure_organization(slug="acme", name="Acme", owner=owner).organization
    add_member(Actor.system(acme.id), acme, guessed, Role.VIEWER)
    other = ensure_user(email="other@acme.test", name="Otto", password=PASSWORD).user
    for number in range(OWNERS_RACED):
        pair = ensure_organization(slug=f"pair-{number}", name="Pair", owner=owner).organization
        add_member(Actor.system(pair.id), pair, other, Role.OWNER)
    membership = Membership.objects.select_related("user", "organization").get(
        organization=acme, user=owner
    )
    json.dump({"jwt": jwt.mint(membership, timedelta(hours=1))}, sys.stdout)


if __name__ == "__main__":
    main()
