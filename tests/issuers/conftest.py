"""A running issuer that the installation trusts, and a member of `acme` whom it knows as ada."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.actor import Actor
from accounts.issuers import key_sets
from accounts.models import Membership, Organization
from accounts.roles import Role
from accounts.services.outsiders import take_in_outsider
from tests.issuers.issuer import NAME, Issuer


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    """The issuer, whose keys nobody has asked for yet."""
    key_sets.key_set.cache_clear()
    running = Issuer()
    settings.WARDKEY_ISSUERS = running.configured()
    yield running
    running.stop()
    key_sets.key_set.cache_clear()


@pytest.fixture
def ada(acme: Organization) -> Membership:
    """A developer of `acme` whom the issuer calls ada."""
    system = Actor.system(acme.id)
    return take_in_outsider(system, acme, Role.DEVELOPER, issuer=NAME, subject="ada", name="Ada")
