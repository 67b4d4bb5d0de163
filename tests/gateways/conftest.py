"""A Wardkey as a process, each gateway in front of a small service, and what may be sent."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.gateways.programs import PROGRAMS, started
from tests.gateways.service import Heard, Service, running
from tests.gateways.way import Way
from tests.server.wire import Reply, ask
from tests.servers import Installation, installation

OWNER = "owner@acme.test"
AUDIENCE = "https://services.example.test"


class Wardkey:
    """A running Wardkey with the organization `acme` and its account `deploy`."""

    def __init__(self, at: Installation, way: Way, jwt: str) -> None:
        self.way = way
        self._api = httpx.Client(
            base_url=f"{at.url}/api", headers={"Authorization": f"Bearer {jwt}"}, timeout=30
        )
        self._numbers = count(1)
        body = {"name": "Deploy", "slug": "deploy", "scopes": ["read:releases"]}
        self.url = at.url
        self.account = str(self._made("/service-accounts", body)["id"])
        self.organization = str(self._api.get("/whoami").json()["organization"]["id"])

    def __enter__(self) -> "Wardkey":
        return self

    def __exit__(self, *_: object) -> None:
        self._api.close()

    def token(self, *scopes: str) -> "Token":
        """Return a new token of `deploy`."""
        slug = f"token-{next(self._numbers)}"
        body = {"name": slug, "slug": slug, "scopes": list(scopes)}
        made = self._made("/service-accounts/deploy/tokens", body)
        return Token(str(made["id"]), slug, str(made["token"]))

    def revoke(self, token: "Token") -> None:
        """Have a token revoked; it is when this returns."""
        answer = self._api.delete(f"/service-accounts/deploy/tokens/{token.slug}")
        assert answer.status_code == 204

    def _made(self, address: str, body: Mapping[str, object]) -> dict[str, object]:
        answer = self._api.post(address, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, object] = answer.json()
        return made


@dataclass(frozen=True)
class Token:
    """A token as its holder has it."""

    id: str
    slug: str
    secret: str

    @property
    def header(self) -> str:
        """Return the line of a request's head that carries it."""
        return f"Authorization: Bearer {self.secret}"


@dataclass(frozen=True)
class Gateway:
    """A running gateway: the port that clients come in at, and what reached the service."""

    name: str
    port: int
    service: Service

    def send(self, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> Reply:
        """Return the answer to a request, sent byte by byte as it is written here."""
        return ask(self.port, head(target, *lines, method=method, body=body) + body)

    def passed(self, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> Heard:
        """Return what the service heard of a request that must reach it."""
        answer = self.send(target, *lines, method=method, body=body)
        assert answer.status == 200, answer
        heard = json.loads(answer.body)
        return Heard(**heard | {"headers": [tuple(pair) for pair in heard["headers"]]})


def head(target: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    """Return the head of a request as bytes."""
    length = [f"Content-Length: {len(body)}"] if body else []
    told = [f"{method} {target} HTTP/1.1", "Host: service.example", *length, *lines, "", ""]
    return "\r\n".join(told).encode("latin1")


@contextmanager
def standing(
    name: str, wardkey: Wardkey, folder: Path, changed: tuple[str, str] = ("", "")
) -> Iterator[Gateway]:
    """Run a gateway on its file of ``docs/gateways``, in front of a service of its own.

    ``changed``: a text of its files, and what stands there instead.
    """
    program, service = PROGRAMS[name], Service()
    with (
        running(service),
        started(program, folder, wardkey.way.port, service.port, changed) as port,
    ):
        yield Gateway(name, port, service)


@contextmanager
def nothing_passes(gateway: Gateway) -> Iterator[None]:
    """Assert that nothing reaches the service meanwhile."""
    before = len(gateway.service.heard)
    yield
    assert gateway.service.heard[before:] == []


@pytest.fixture(scope="session")
def wardkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wardkey]:
    """A Wardkey of two workers on this run's kind of database."""
    folder = tmp_path_factory.mktemp("wardkey")
    with installation(folder) as at:
        at.do("manage.py", "migrate", "--verbosity", "0")
        (folder / "password").write_text("correct horse battery staple")
        at.do(
            *("manage.py", "create_organization", "acme", "--name", "Acme"),
            *("--owner-email", OWNER, "--password-file", str(folder / "password")),
        )
        at.settings |= {
            "WARDKEY_FORWARD_JWT": "on",
            "WARDKEY_FORWARD_JWT_AUDIENCE": AUDIENCE,
        }
        jwt = at.do("manage.py", "issue_jwt", OWNER, "--organization", "acme").strip()
        at.start("--workers", "2")
        with Way(at.port) as way, Wardkey(at, way, jwt) as found:
            yield found


@pytest.fixture(scope="session", params=PROGRAMS)
def gateway(
    request: pytest.FixtureRequest, wardkey: Wardkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """Each of the gateways, on its file of ``docs/gateways``."""
    folder = tmp_path_factory.mktemp(request.param)
    with standing(request.param, wardkey, folder) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def any_token(wardkey: Wardkey) -> Token:
    """A token that does not hold what `/releases` needs."""
    return wardkey.token("read:releases")


@pytest.fixture(scope="session")
def writer(wardkey: Wardkey) -> Token:
    """A token that holds what `/releases` needs."""
    return wardkey.token("read:releases", "write:releases")
