"""A link that many open at the same moment makes one of them a member."""

import json
import re

import httpx
import pytest

from tests.races.conftest import MANY, Field, statuses

pytestmark = pytest.mark.race


def test_of_many_newcomers_with_one_link_one_joins(field: Field) -> None:
    mark = json.loads(field.at.do("-m", "tests.process", "tests.races.inviting"))["mark"]
    address = f"{field.at.url}/console/-/invitations/{mark}"

    def join(client: httpx.Client, number: int) -> httpx.Response:
        page = client.get(address)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        if token is None:  # somebody was faster than the page
            return page
        typed = {
            "csrfmiddlewaretoken": token[1],
            "name": f"Newcomer {number}",
            "email": f"newcomer{number}@race.test",
            "password": "a phrase of the race alone",
        }
        return client.post(address, data=typed)

    answers = field.at_once(*[join] * MANY)
    assert statuses(answers) == {303: 1, 410: MANY - 1}
    assert field.at.count("SELECT count(*) FROM accounts_user WHERE name LIKE 'Newcomer%'") == 1
    told = "SELECT count(*) FROM accounts_auditevent WHERE action = 'invitation.accepted'"
    assert field.at.count(told) == 1
