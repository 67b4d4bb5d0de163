"""Many requests with one ``Idempotency-Key`` at the same moment make one thing."""

from typing import Any

import httpx
import pytest

from tests.races.conftest import MANY, Field, statuses

pytestmark = pytest.mark.race

HEADERS = {"Idempotency-Key": "one of many"}


def all_ask(field: Field, address: str, body: dict[str, Any]) -> list[httpx.Response]:
    """Send the same create from many sides at once."""

    def ask(client: httpx.Client, _: int) -> httpx.Response:
        return client.post(address, json=body, headers=HEADERS)

    return field.at_once(*[ask] * MANY)


def check(answers: list[httpx.Response]) -> str:
    """Fail unless one has made it and the others tell of the same; return its id."""
    found = statuses(answers)
    assert found[201] == 1
    assert set(found) <= {200, 201, 409}
    ids = {answer.json()["id"] for answer in answers if answer.status_code < 300}
    assert len(ids) == 1
    replayed = [answer for answer in answers if "Idempotent-Replayed" in answer.headers]
    assert len(replayed) == found[200]
    return str(ids.pop())


def test_one_token_is_made_and_its_secret_told_once(field: Field) -> None:
    address = f"/service-accounts/{field.account()}/tokens"
    answers = all_ask(field, address, {"name": "once"})
    token_id = check(answers)
    assert sum("token" in answer.json() for answer in answers) == 1
    with field.client() as client:
        assert [item["id"] for item in client.get(address).json()["items"]] == [token_id]


def test_one_account_is_made(field: Field) -> None:
    check(all_ask(field, "/service-accounts", {"name": "Made once by many"}))
    made = "SELECT count(*) FROM accounts_serviceaccount WHERE name = 'Made once by many'"
    assert field.at.count(made) == 1


def test_of_many_bodies_under_one_key_one_is_heard(field: Field) -> None:
    address = f"/service-accounts/{field.account()}/tokens"

    def ask(client: httpx.Client, number: int) -> httpx.Response:
        return client.post(address, json={"name": f"Number {number}"}, headers=HEADERS)

    found = statuses(field.at_once(*[ask] * MANY))
    assert found == {201: 1, 422: MANY - 1}
    with field.client() as client:
        assert len(client.get(address).json()["items"]) == 1
