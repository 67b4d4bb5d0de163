"""What must happen once happens once, however many ask for it at the same moment."""

from typing import Any

import httpx
import pytest

from tests.races.conftest import MANY, Field, statuses

pytestmark = pytest.mark.race


def create(address: str, **members: Any) -> Any:
    """Return an act that creates something; ``{n}`` in a member becomes the asker's number."""

    def ask(client: httpx.Client, number: int) -> httpx.Response:
        return client.post(address, json={k: v.format(n=number) for k, v in members.items()})

    return ask


def codes(answers: list[httpx.Response]) -> set[str]:
    """Return the codes of the refusals among ``answers``."""
    return {answer.json()["code"] for answer in answers if answer.status_code >= 400}


def test_one_of_many_creates_of_one_account_slug_wins(field: Field) -> None:
    ask = create("/service-accounts", name="Number {n}", slug="wanted")
    answers = field.at_once(*[ask] * MANY)
    assert statuses(answers) == {201: 1, 409: MANY - 1}
    assert codes(answers) == {"ServiceAccount.SlugConflict"}
    assert field.at.count("SELECT count(*) FROM accounts_serviceaccount WHERE slug='wanted'") == 1
    assert told_times(field, "service_account.created", "wanted") == 1


def test_one_of_many_creates_of_one_external_id_wins(field: Field) -> None:
    ask = create("/service-accounts", name="Number {n}", slug="outside-{n}", externalId="crm-7")
    answers = field.at_once(*[ask] * MANY)
    assert statuses(answers) == {201: 1, 409: MANY - 1}
    assert codes(answers) == {"ServiceAccount.ExternalIdConflict"}


def test_one_of_many_creates_of_one_token_slug_wins(field: Field) -> None:
    ask = create(f"/service-accounts/{field.account()}/tokens", name="Number {n}", slug="slug-race")
    answers = field.at_once(*[ask] * MANY)
    assert statuses(answers) == {201: 1, 409: MANY - 1}
    assert codes(answers) == {"CreateToken.SlugConflict"}
    assert told_times(field, "token.issued", "slug-race") == 1


def test_one_of_many_creates_of_one_token_name_wins(field: Field) -> None:
    ask = create(f"/service-accounts/{field.account()}/tokens", name="The one")
    answers = field.at_once(*[ask] * MANY)
    assert statuses(answers) == {201: 1, 409: MANY - 1}
    assert codes(answers) == {"CreateToken.Conflict"}
    assert field.at.count("SELECT count(*) FROM tokens_token WHERE name='The one'") == 1


def test_one_of_many_revokes_wins(field: Field) -> None:
    address = f"/service-accounts/{field.account()}/tokens"
    with field.client() as client:
        secret = client.post(address, json={"name": "ci", "slug": "revoke-race"}).json()["token"]
    assert field.verdict(secret) == 200

    def revoke(client: httpx.Client, _: int) -> tuple[httpx.Response, int]:
        return client.delete(f"{address}/revoke-race"), field.verdict(secret)

    found = field.at_once(*[revoke] * MANY)
    answers = [answer for answer, _ in found]
    assert statuses(answers) == {204: 1, 404: MANY - 1}
    assert codes(answers) == {"Token.NotFound"}
    assert {verdict for _, verdict in found} == {401}, "204 or 404: it is good no more"
    assert told_times(field, "token.revoked", "revoke-race") == 1


def test_one_of_many_deletes_of_an_account_wins(field: Field) -> None:
    slug = field.account()

    def delete(client: httpx.Client, _: int) -> httpx.Response:
        return client.delete(f"/service-accounts/{slug}")

    assert statuses(field.at_once(*[delete] * MANY)) == {204: 1, 404: MANY - 1}
    assert told_times(field, "service_account.deleted", slug) == 1


def told_times(field: Field, action: str, slug: str) -> int:
    """Return how many lines of the audit log tell ``action`` of ``slug``."""
    return field.at.count(
        f"SELECT count(*) FROM accounts_auditevent WHERE action='{action}' AND target_slug='{slug}'"
    )
