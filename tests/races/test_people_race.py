"""Sign-ins, refresh tokens and owners, many at the same moment."""

import subprocess
import sys

import httpx
import pytest

from tests.races.conftest import MANY, Field, statuses
from tests.races.seed import OWNERS_RACED, PASSWORD
from tests.servers import ROOT

pytestmark = pytest.mark.race

TRIES_ALLOWED = 10


def test_a_refresh_token_that_is_used_many_times_ends_the_sign_in(field: Field) -> None:
    with field.client() as client:
        body = {"email": "owner@acme.test", "password": PASSWORD, "organization": "acme"}
        signed_in = client.post("/auth/token", json=body)
        assert signed_in.status_code == 200, signed_in.text
    old = signed_in.json()["refresh"]

    def refresh(client: httpx.Client, _: int) -> httpx.Response:
        return client.post("/auth/token/refresh", json={"refresh": old})

    answers = field.at_once(*[refresh] * MANY)
    assert statuses(answers) == {200: 1, 401: MANY - 1}
    [renewed] = [answer.json()["refresh"] for answer in answers if answer.status_code == 200]
    with field.client() as client:
        again = client.post("/auth/token/refresh", json={"refresh": renewed})
    assert again.status_code == 401, "the family has ended, its newest token too"
    told = "SELECT count(*) FROM accounts_auditevent WHERE action='session.reuse_detected'"
    assert field.at.count(told) == 1


def test_many_wrong_sign_ins_count_as_many(field: Field) -> None:
    body = {"email": "guessed@acme.test", "password": "wrong, of course"}

    def guess(client: httpx.Client, _: int) -> httpx.Response:
        return client.post("/auth/token", json=body)

    answers = field.at_once(*[guess] * MANY)
    assert statuses(answers) == {401: TRIES_ALLOWED, 429: MANY - TRIES_ALLOWED}
    told = field.at.rows(f"SELECT tries FROM accounts_attempt WHERE tries >= {MANY}")
    assert told == [(MANY,), (MANY,)], "of the account and of the address"
    with field.client() as client:
        right = client.post("/auth/token", json=body | {"password": PASSWORD})
    assert right.status_code == 429, "who has had their tries is not heard, right or wrong"


def test_two_owners_who_remove_each_other_leave_one(field: Field) -> None:
    people = ("owner@acme.test", "other@acme.test")
    sides = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.process", "tests.races.removal", mine, theirs],
            cwd=ROOT,
            env=field.at.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for mine, theirs in (people, people[::-1])
    ]
    try:
        assert [say(side) for side in sides] == ["ready", "ready"]
        for number in range(OWNERS_RACED):
            for side in sides:
                assert side.stdin is not None
                side.stdin.write(f"pair-{number}\n")
                side.stdin.flush()
            assert sorted(say(side) for side in sides) == ["Organization.LastOwner", "removed"]
    finally:
        for side in sides:
            side.kill()
            side.communicate()
    left = (
        "SELECT count(*) FROM accounts_membership m JOIN accounts_organization o"
        " ON o.id = m.organization_id WHERE o.name = 'Pair' AND m.removed_at IS NULL"
    )
    assert field.at.count(left) == OWNERS_RACED


def say(side: "subprocess.Popen[str]") -> str:
    """Return the next line of a process; empty if it has died."""
    assert side.stdout is not None
    return side.stdout.readline().strip()
