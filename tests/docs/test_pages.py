"""What the pages say of the project is so: links, commands, codes.

That the tables of settings and dependencies are whole is held by ``tests/house``.
"""

import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands

from accounts.errors import DomainError
from config.env import READ
from tests.docs.pages import PAGES, ROOT, name_of, prose, table_rows

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
COMMAND = re.compile(r"manage\.py ([a-z][a-z_]+)")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made where the pages are read."""
    headings = (re.sub(r"[^\w\- ]", "", text.lower()) for text in HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in headings}


def normal(name: str) -> str:
    """Return the one spelling of a package's name, without its extras (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def dependencies() -> set[str]:
    """Return the names of everything that ``pyproject.toml`` depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    return {normal(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in wanted}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    lost = []
    for link in LINK.findall(prose(page)):
        address, _, anchor = link.partition("#")
        if ":" in address:
            continue
        target = (page.parent / address).resolve() if address else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    named = set(COMMAND.findall(page.read_text(encoding="utf-8")))
    assert named - get_commands().keys() == set()


def test_every_row_of_the_settings_table_tells_default_meaning_and_example() -> None:
    rows = {name: cells for name, cells in table_rows("operate.md").items() if name in READ}
    untold = {name for name, cells in rows.items() if len(cells) != 3 or not all(cells)}
    assert rows
    assert untold == set()


def test_no_explanation_is_left_of_a_dependency_that_is_gone() -> None:
    assert {normal(name) for name in table_rows("dependencies.md")} - dependencies() == set()


def test_the_contract_names_every_code_and_no_other() -> None:
    text = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in text.splitlines() if re.match(r"\| \d{3}", line))
    told = set(re.findall(r"`([A-Z][A-Za-z]+\.[A-Z][A-Za-z]+)`", table))
    assert told == {error.code for error in DomainError.catalogue.values()}


def test_every_page_that_the_code_points_to_exists() -> None:
    named = {
        name
        for package in ("accounts", "tokens", "config", "tests")
        for module in (ROOT / package).rglob("*.py")
        for name in re.findall(r"``(?:docs/)?([\w/-]+\.md)``", module.read_text(encoding="utf-8"))
    }
    assert {name for name in named if not (ROOT / "docs" / name).exists()} == set()


def test_every_place_that_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"(?<![\w/-])(?:accounts|tokens|config|templates|tests)/[\w/.-]*\w", text)
    assert len(named) > 20
    assert {place for place in named if not (ROOT / place).exists()} == set()


@pytest.mark.parametrize("package", ["accounts", "tokens", "config"])
def test_every_room_of_the_house_is_named_in_the_architecture(package: str) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (ROOT / package).iterdir() if path.name[0] not in "._"}
    known = {"__pycache__", "__init__.py", "apps.py", "asgi.py", "migrations"}
    assert {
        room for room in rooms - known if not re.search(rf"\b{re.escape(room)}\b", text)
    } == set()
