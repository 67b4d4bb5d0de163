"""What the project's documents list is what the code has."""

import re
import tomllib
from typing import Any

import pytest

from config.env import READ
from tests.house.tree import ROOT


def test_the_table_of_settings_is_what_the_code_reads() -> None:
    table = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z_]+)`", table, flags=re.MULTILINE)) == READ


def declared() -> list[str]:
    """Return the names of all dependencies of ``pyproject.toml``, normalized (PEP 503)."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = [one for extra in project["optional-dependencies"].values() for one in extra]
    return [normalized(one) for one in [*project["dependencies"], *optional]]


def normalized(requirement: str) -> str:
    """Return the name in a requirement as registries compare names."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


@pytest.mark.parametrize("dependency", declared())
def test_a_dependency_is_explained(dependency: str) -> None:
    document = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    named = {normalized(name) for name in re.findall(r"`([A-Za-z0-9._-]+)[^`]*`", document)}
    assert dependency in named


def test_everything_installed_has_one_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    odd = [pin for pin in pins if not re.match(r"[A-Za-z0-9._-]+==[^\s*]+( *;.*)?$", pin)]
    assert odd == []
    names = [normalized(pin) for pin in pins]
    assert [name for name in declared() if name not in names] == []
    assert len(names) == len(set(names))


def test_every_read_setting_has_our_name() -> None:
    assert {name for name in READ if not name.startswith("WARDKEY_")} == {"DATABASE_URL"}
