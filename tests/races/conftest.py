"""A running server, and the means to ask it many things at the same moment."""

import itertools
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.servers import Installation, installation

MANY = 16

logging.getLogger("httpx").setLevel(logging.WARNING)

Ask = Callable[[httpx.Client, int], Any]


class Field:
    """A running installation with an owner's JWT, where things are asked at once."""

    def __init__(self, at: Installation, jwt: str) -> None:
        self.at = at
        self._jwt = jwt
        self._numbers = itertools.count(1)

    def client(self) -> httpx.Client:
        """Return a client of the owner, with a connection of its own."""
        headers = {"Authorization": f"Bearer {self._jwt}"}
        return httpx.Client(base_url=f"{self.at.url}/api", headers=headers, timeout=60)

    def at_once(self, *asks: Ask) -> list[Any]:
        """Do all ``asks`` at the same moment, each on a connection that is open by then.

        Each gets a client and its number; what they return comes in their order.
        """
        start = threading.Barrier(len(asks))

        def one(number: int) -> Any:
            with self.client() as client:
                client.get("/whoami").raise_for_status()
                start.wait(timeout=60)
                return asks[number](client, number)

        with ThreadPoolExecutor(len(asks)) as threads:
            return list(threads.map(one, range(len(asks))))

    def account(self) -> str:
        """Make a service account and return its slug."""
        slug = f"account-{next(self._numbers)}"
        body = {"name": slug, "slug": slug, "scopes": ["read:releases"]}
        with self.client() as client:
            client.post("/service-accounts", json=body).raise_for_status()
        return slug

    def verdict(self, secret: str) -> int:
        """Return the status that a gateway gets for ``secret``."""
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.get(f"{self.at.url}/tokens/validate", headers=headers).status_code


def statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    """Return how often each status was answered."""
    return Counter(answer.status_code for answer in answers)


@pytest.fixture(scope="session")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A server of two workers on this run's kind of database."""
    with installation(tmp_path_factory.mktemp("races")) as found:
        found.do("manage.py", "migrate", "--verbosity", "0")
        seeded = json.loads(found.do("-m", "tests.process", "tests.races.seed"))
        found.start("--workers", "2")
        yield Field(found, seeded["jwt"])
        assert found.stop() == 0, found.log.read_text()[-4000:]
