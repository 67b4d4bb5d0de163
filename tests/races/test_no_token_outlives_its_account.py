"""A token that is created while its right to live ends does not live."""

import threading
from collections.abc import Callable

import httpx
import pytest

from tests.races.conftest import MANY, Field, statuses

pytestmark = pytest.mark.race

ROUNDS = 3

End = Callable[[httpx.Client], httpx.Response]


def race(
    field: Field, address: str, end: End, credential: dict[str, str] | None = None
) -> tuple[list[httpx.Response], httpx.Response]:
    """Create tokens from many sides while ``end`` happens; return all answers."""
    begun = threading.Event()

    def issue(client: httpx.Client, number: int) -> list[httpx.Response]:
        answers = []
        for turn in range(4):
            named = {"name": f"{number}-{turn}"}
            answers.append(client.post(address, json=named, headers=credential))
            begun.set()
        return answers

    def strike(client: httpx.Client, _: int) -> httpx.Response:
        begun.wait()
        return end(client)

    *issued, ended = field.at_once(*[issue] * (MANY - 1), strike)
    return [answer for answers in issued for answer in answers], ended


def asking(method: str, address: str) -> End:
    """Return the act of asking for ``address``."""

    def ask(client: httpx.Client) -> httpx.Response:
        return client.request(method, address)

    return ask


def secrets(answers: list[httpx.Response]) -> list[str]:
    """Return the secrets that were handed out."""
    return [answer.json()["token"] for answer in answers if answer.status_code == 201]


def test_no_token_lives_when_its_account_is_deleted_meanwhile(field: Field) -> None:
    issued: list[httpx.Response] = []
    for _ in range(ROUNDS):
        slug = field.account()
        answers, ended = race(
            field,
            f"/service-accounts/{slug}/tokens",
            asking("DELETE", f"/service-accounts/{slug}"),
        )
        assert ended.status_code == 204
        assert set(statuses(answers)) <= {201, 404}
        assert {field.verdict(secret) for secret in secrets(answers)} <= {401}
        with field.client() as client:
            after = client.post(f"/service-accounts/{slug}/tokens", json={"name": "late"})
        assert after.status_code == 404
        issued += answers
    assert secrets(issued), "none was created in time, so nothing was raced"
    late = (
        "SELECT count(*) FROM tokens_token t JOIN accounts_serviceaccount a"
        " ON a.id = t.service_account_id WHERE t.created_at > a.deleted_at"
    )
    assert field.at.count(late) == 0


def test_no_token_is_good_when_its_account_is_disabled_meanwhile(field: Field) -> None:
    issued: list[str] = []
    for _ in range(ROUNDS):
        slug = field.account()
        answers, ended = race(
            field,
            f"/service-accounts/{slug}/tokens",
            asking("POST", f"/service-accounts/{slug}/disable"),
        )
        assert ended.status_code == 200
        assert set(statuses(answers)) <= {201, 409}
        assert {field.verdict(secret) for secret in secrets(answers)} <= {401}
        issued += secrets(answers)
    assert issued, "none was created in time, so nothing was raced"


def test_no_token_is_made_by_a_token_that_is_revoked_meanwhile(field: Field) -> None:
    made = 0
    for _ in range(ROUNDS):
        address = f"/service-accounts/{field.account()}/tokens"
        with field.client() as owner:
            maker = owner.post(address, json={"name": "m", "slug": "maker", "scopes": ["write:*"]})
        credential = {"Authorization": f"Bearer {maker.json()['token']}"}
        answers, ended = race(field, address, asking("DELETE", f"{address}/maker"), credential)
        assert ended.status_code == 204
        assert set(statuses(answers)) <= {201, 401}
        made += len(secrets(answers))
    assert made, "none was created in time, so nothing was raced"
    late = (
        "SELECT count(*) FROM tokens_token t JOIN tokens_token maker"
        " ON maker.service_account_id = t.service_account_id AND maker.slug = 'maker'"
        " WHERE t.created_at > maker.revoked_at"
    )
    assert field.at.count(late) == 0
