"""The same new person, taken in by several processes and organizations at the same moment."""

import contextlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.servers import ROOT, Installation, installation

pytestmark = pytest.mark.race

ORGANIZATIONS = ("acme", "rival")
SIDES = ORGANIZATIONS * 2
PEOPLE = 12


def side(at: Installation, slug: str) -> "subprocess.Popen[str]":
    """Return a running process that takes people into the organization."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.process", "tests.organizations.taking_in", slug],
        cwd=ROOT,
        env=at.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def say(process: "subprocess.Popen[str]") -> str:
    """Return the next line of a process; empty if it has died."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: "subprocess.Popen[str]", line: str) -> None:
    """Write a line to a process."""
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def end(process: "subprocess.Popen[str]") -> None:
    """End a process whatever its state."""
    process.kill()
    process.communicate()


def test_a_new_person_is_made_once_and_told_once(tmp_path: Path) -> None:
    with installation(tmp_path) as at, contextlib.ExitStack() as ending:
        at.do("manage.py", "migrate", "--verbosity", "0")
        for slug in ORGANIZATIONS:
            owner = ("--owner-email", f"owner@{slug}.test")
            at.do("manage.py", "create_organization", slug, "--name", slug, *owner)
        sides = [side(at, slug) for slug in SIDES]
        for each in sides:
            ending.callback(end, each)
        assert [say(each) for each in sides] == ["ready"] * len(sides)
        for number in range(PEOPLE):
            for each in sides:
                tell(each, f"new-{number}@race.test")
            said = {say(each) for each in sides}
            assert len(said) == 1, said
            assert said != {""}
        told = at.rows(
            "SELECT target_slug, action, organization_id FROM accounts_auditevent"
            " WHERE target_slug LIKE '%@race.test'"
        )
        lines = Counter((email, action) for email, action, _ in told)
        assert len(set(told)) == len(told), "no line stands twice in an organization"
        for number in range(PEOPLE):
            email = f"new-{number}@race.test"
            assert lines[email, "user.created"] == 1
            assert lines[email, "user.password_set"] == 1
            assert lines[email, "member.added"] == len(ORGANIZATIONS)
        assert len(told) == PEOPLE * (2 + len(ORGANIZATIONS))
        assert at.count("SELECT count(*) FROM accounts_user") == PEOPLE + len(ORGANIZATIONS)
        members = len(ORGANIZATIONS) * (PEOPLE + 1)
        assert at.count("SELECT count(*) FROM accounts_membership") == members
