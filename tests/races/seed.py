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
from accounts.services.memberships import take_in
from accounts.services.organizations import Founded, found_organization

PASSWORD = "correct horse battery staple"
OWNERS_RACED = 12


def found(slug: str) -> Founded:
    """Make an organization whose owner is the one of `acme`."""
    return found_organization(
        slug=slug,
        name=slug.partition("-")[0].title(),
        owner_email="owner@acme.test",
        owner_name="Olga",
        password=PASSWORD,
    )


def main() -> None:
    """Make `acme` with an owner, a guessed-at member, and organizations with two owners each."""
    acme = found("acme").organization
    guessed = {"email": "guessed@acme.test", "name": "Gert", "password": PASSWORD}
    take_in(Actor.system(acme.id), acme, Role.VIEWER, **guessed)
    other = {"email": "other@acme.test", "name": "Otto", "password": PASSWORD}
    for number in range(OWNERS_RACED):
        pair = found(f"pair-{number}").organization
        take_in(Actor.system(pair.id), pair, Role.OWNER, **other)
    membership = Membership.objects.select_related("user", "organization").get(
        organization=acme, role=Role.OWNER
    )
    json.dump({"jwt": jwt.mint(membership, timedelta(hours=1))}, sys.stdout)


if __name__ == "__main__":
    main()
