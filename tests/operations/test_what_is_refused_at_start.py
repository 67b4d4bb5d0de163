"""What cannot work is refused at start, in one line, and not request by request."""

import sqlite3
from pathlib import Path

import pytest

from tests.servers import Installation, installation

pytestmark = pytest.mark.node


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARDKEY_TRUSTED_PROXIES", "foo"),
        ("WARDKEY_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("WARDKEY_MAX_TOKEN_LIFETIME", "2999999d"),
        ("WARDKEY_MAX_TOKEN_LIFETIME", "soon"),
        ("WARDKEY_LOG_LEVEL", "loud"),
        ("WARDKEY_PORT", "70000"),
        ("WARDKEY_DEBUG", "perhaps"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    with installation(tmp_path) as at:
        at.settings[name] = value
        done = at.run("manage.py", "check")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Not configured: {name}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("WARDKEY_USAGE_ADDRESSES", "full, network, off"),
        ("WARDKEY_LOG_LEVEL", "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ],
)
def test_choices_are_told_as_they_are_documented_and_taken_in_any_case(
    tmp_path: Path, name: str, choices: str
) -> None:
    at = Installation(tmp_path, None, 8000)
    at.settings[name] = "Loud"
    told = at.run("manage.py", "check").stderr
    assert told == f"Not configured: {name} is one of {choices}, not 'Loud'.\n"
    at.settings[name] = choices.split(", ")[1].title()
    assert at.run("manage.py", "check").returncode == 0


@pytest.fixture
def embedded(tmp_path: Path) -> Installation:
    """A migrated installation on the embedded default, whatever the suite runs on."""
    at = Installation(tmp_path, None, 8000)
    at.do("manage.py", "migrate", "--verbosity", "0")
    return at


def test_the_embedded_default_is_not_served_to_the_network(embedded: Installation) -> None:
    done = embedded.run("manage.py", "serve", "--host", "0.0.0.0")
    assert done.returncode == 1
    assert "for this machine alone" in done.stderr


def test_what_it_writes_is_for_its_owner_alone(embedded: Installation) -> None:
    data = embedded.folder / "data"
    open_to_others = [path.name for path in data.iterdir() if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_a_maintenance_pass_that_was_left_open_is_named(embedded: Installation) -> None:
    with sqlite3.connect(embedded.folder / "data" / "wardkey.sqlite3") as file:
        file.execute("INSERT INTO accounts_maintenance_pass (open) VALUES (1)")
    done = embedded.run("manage.py", "serve")
    assert done.returncode == 1
    assert "a maintenance pass was left open" in done.stderr
    with sqlite3.connect(embedded.folder / "data" / "wardkey.sqlite3") as file:
        file.execute(done.stderr.rpartition("run in the database: ")[2])
    assert embedded.rows("SELECT * FROM accounts_maintenance_pass") == []


def test_an_organization_and_its_owner_are_made_both_or_neither(embedded: Installation) -> None:
    made = ("--name", "One", "--owner-email", "one@acme.test", "--external-id", "ext-1")
    embedded.do("manage.py", "create_organization", "one", *made)
    taken = ("--name", "Two", "--owner-email", "two@acme.test", "--external-id", "ext-1")
    assert embedded.run("manage.py", "create_organization", "two", *taken).returncode == 1
    assert embedded.rows("SELECT email FROM accounts_user") == [("one@acme.test",)]


def test_who_was_removed_does_not_come_back_by_running_it_again(embedded: Installation) -> None:
    made = ("--name", "One", "--owner-email", "one@acme.test")
    embedded.do("manage.py", "create_organization", "one", *made)
    embedded.do("manage.py", "add_member", "one", "other@acme.test", "--role", "owner")
    embedded.do("manage.py", "remove_member", "one", "one@acme.test")
    done = embedded.run("manage.py", "create_organization", "one", *made)
    assert done.returncode == 1
    assert "is not an owner of it" in done.stderr
