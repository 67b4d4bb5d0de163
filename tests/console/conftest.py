"""A provider that signs people in, and a member of `acme` whom it knows as ada."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.actor import Actor
from accounts.issuers import key_sets
from accounts.models import Membership, Organization
from accounts.roles import Role
from accounts.services.outsiders import take_in_outsider
from tests.console.provider import Provider


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """The provider, which the installation trusts for every organization."""
    key_sets.key_set.cache_clear()
    running = Provider(settings.WARDKEY_PUBLIC_URL)
    settings.WARDKEY_ISSUERS = running.configured()
    yield running
    running.stop()
    key_sets.key_set.cache_clear()


@pytest.fixture
def ada(acme: Organization, provider: Provider) -> Membership:
    """A developer of `acme` whom the provider calls ada."""
    system = Actor.system(acme.id)
    return take_in_outsider(
        system, acme, Role.DEVELOPER, issuer=provider.url, subject="ada", name="Ada"
    )
