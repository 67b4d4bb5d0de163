"""Tokens of two accounts that act on each other's account at once: nobody is turned away."""

import httpx
import pytest

from tests.races.conftest import Field, statuses

pytestmark = pytest.mark.race

TURNS = 8


def test_two_accounts_whose_tokens_issue_under_each_other_wait_and_succeed(field: Field) -> None:
    first, second = field.account(), field.account()
    held = {}
    with field.client() as owner:
        for account in (first, second):
            body = {"name": "maker", "scopes": ["write:*"]}
            made = owner.post(f"/service-accounts/{account}/tokens", json=body)
            held[account] = {"Authorization": f"Bearer {made.json()['token']}"}

    def crossed(client: httpx.Client, number: int) -> list[httpx.Response]:
        mine, other = (first, second) if number % 2 else (second, first)
        return [
            client.post(
                f"/service-accounts/{other}/tokens",
                json={"name": f"crossed-{number}-{turn}"},
                headers=held[mine],
            )
            for turn in range(TURNS)
        ]

    answers = [answer for asked in field.at_once(*[crossed] * 4) for answer in asked]
    assert statuses(answers) == {201: 4 * TURNS}
