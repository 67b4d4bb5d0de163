"""Installations that stand on something which may be broken."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster, private_cluster
from tests.races.conftest import Field
from tests.servers import Installation, free_port, installation

CONNECTIONS = 24


def served(at: Installation) -> Field:
    """Migrate, fill and serve an installation."""
    at.do("manage.py", "migrate", "--verbosity", "0")
    seeded = json.loads(at.do("-m", "tests.process", "tests.races.seed"))
    at.start("--workers", "2")
    return Field(at, seeded["jwt"])


@pytest.fixture
def own_field(tmp_path: Path) -> Iterator[Field]:
    """A server on this run's kind of database that a test may treat as it likes."""
    with installation(tmp_path) as at:
        yield served(at)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL that a test may break, if it leaves it running."""
    with private_cluster() as found:
        found.start(max_connections=CONNECTIONS)
        yield found


@pytest.fixture(scope="module")
def cluster_field(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A server on that PostgreSQL."""
    at = Installation(tmp_path_factory.mktemp("faults"), cluster.url, free_port())
    with contextlib.ExitStack() as clearing:
        clearing.callback(at.clear_away)
        yield served(at)
