"""Many who write for a while: nobody meets a fault, and nothing that was answered is lost."""

import time

import httpx
import pytest

from tests.races.conftest import Field, statuses

pytestmark = pytest.mark.race

WRITERS, SECONDS = 8, 10.0


def test_many_writers_lose_nothing(field: Field) -> None:
    slugs = [field.account() for _ in range(WRITERS // 2)]

    def write(client: httpx.Client, number: int) -> list[httpx.Response]:
        """Create, change and revoke; two writers share each account."""
        address = f"/service-accounts/{slugs[number // 2]}/tokens"
        end = time.monotonic() + SECONDS
        answers: list[httpx.Response] = []
        while time.monotonic() < end:
            slug = f"w{number}-{len(answers)}"
            answers.append(client.post(address, json={"name": slug, "slug": slug}))
            change = {"description": f"changed by {number}"}
            answers.append(client.patch(f"{address}/{slug}", json=change))
            if len(answers) % 4 == 0:
                answers.append(client.delete(f"{address}/{slug}"))
        return answers

    answers = [answer for each in field.at_once(*[write] * WRITERS) for answer in each]
    found = statuses(answers)
    assert set(found) == {200, 201, 204}, [a.text for a in answers if a.status_code >= 400][:3]
    accounts = ", ".join(f"'{slug}'" for slug in slugs)
    of_these = (
        "FROM tokens_token t JOIN accounts_serviceaccount a ON a.id = t.service_account_id"
        f" WHERE a.slug IN ({accounts})"
    )
    assert field.at.count(f"SELECT count(*) {of_these}") == found[201]
    changed = f"SELECT count(*) {of_these} AND t.description LIKE 'changed by%'"
    assert field.at.count(changed) == found[200]
    revoked = f"SELECT count(*) {of_these} AND t.revoked_at IS NOT NULL"
    assert field.at.count(revoked) == found[204]
    told = "SELECT count(*) FROM accounts_auditevent WHERE target_slug LIKE 'w%-%' AND action = "
    assert field.at.count(f"{told} 'token.issued'") == found[201]
    assert field.at.count(f"{told} 'token.revoked'") == found[204]
