"""A Wardkey that serves, each example before it, and tokens to show."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.examples.services import NAMES, Service, serving
from tests.servers import Installation, installation


@dataclass(frozen=True, slots=True)
class Wardkey:
    """An installation with the organization `acme`, and ways to make and revoke its tokens."""

    at: Installation
    organization: str
    account: str
    manager: str

    @property
    def _tokens(self) -> str:
        return f"{self.at.url}/api/service-accounts/deploy/tokens"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.manager}"}

    def issue(self, slug: str, *scopes: str) -> tuple[str, str]:
        """Return the secret and the id of a new token."""
        wanted = {"name": slug, "slug": slug, "scopes": scopes}
        made = httpx.post(self._tokens, json=wanted, headers=self._headers)
        assert made.status_code == 201, made.text
        return made.json()["token"], made.json()["id"]

    def revoke(self, slug: str) -> None:
        """Revoke a token."""
        address = f"{self._tokens}/{slug}"
        httpx.delete(address, headers=self._headers).raise_for_status()


@pytest.fixture(scope="session")
def wardkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wardkey]:
    """A Wardkey that serves as operators have it."""
    with installation(tmp_path_factory.mktemp("wardkey")) as at:
        at.do("manage.py", "migrate", "--verbosity", "0")
        told = json.loads(at.do("-m", "tests.process", "tests.examples.seed"))
        at.start("--workers", "1")
        yield Wardkey(at, **told)


@pytest.fixture(scope="session", params=NAMES)
def service(
    request: pytest.FixtureRequest, wardkey: Wardkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Each of the examples, as a process."""
    folder = tmp_path_factory.mktemp(request.param)
    with serving(request.param, wardkey.at.port, folder) as started:
        yield started


@pytest.fixture(scope="session")
def slugs() -> Iterator[str]:
    """Names that no token has yet."""
    return (f"token-{number}" for number in itertools.count())


@pytest.fixture
def reader(wardkey: Wardkey, slugs: Iterator[str]) -> str:
    """The secret of a token that holds `read:releases` alone."""
    return wardkey.issue(next(slugs), "read:releases")[0]


@pytest.fixture
def publisher(wardkey: Wardkey, slugs: Iterator[str]) -> str:
    """The secret of a token that holds `read:releases` and `write:releases`."""
    return wardkey.issue(next(slugs), "read:releases", "write:releases")[0]
