"""A second factor's code that many send at the same moment is good for one of them."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.races.conftest import Field, statuses
from tests.races.seed import PASSWORD
from tests.second_factors.factors import STEP_SECONDS, code_at
from tests.servers import installation

pytestmark = pytest.mark.race

MANY = 5
"""Half of the tries that there are: those who lose have sent a wrong code."""


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Field, dict[str, Any]]]:
    """A server of two workers of its own, whose tries nobody else counts; the owner's factors."""
    with installation(tmp_path_factory.mktemp("second_factors")) as found:
        found.do("manage.py", "migrate", "--verbosity", "0")
        seeded = json.loads(found.do("-m", "tests.process", "tests.races.seed"))
        factors = json.loads(found.do("-m", "tests.process", "tests.races.enrolment"))
        found.start("--workers", "2")
        yield Field(found, seeded["jwt"]), factors
        assert found.stop() == 0, found.log.read_text()[-4000:]


def sent_at_once(field: Field, code: str) -> list[httpx.Response]:
    """Sign in with the same code many times at once, through both doors."""
    body = {"email": "owner@acme.test", "password": PASSWORD, "organization": "acme", "otp": code}

    def sign_in(client: httpx.Client, number: int) -> httpx.Response:
        door = "" if number % 2 else "/api"
        return client.post(f"{field.at.url}{door}/auth/token", json=body)

    answers: list[httpx.Response] = field.at_once(*[sign_in] * MANY)
    return answers


def test_one_of_many_gets_in_with_one_code_of_the_app(
    enrolled: tuple[Field, dict[str, Any]],
) -> None:
    field, factors = enrolled
    step = int(time.time()) // STEP_SECONDS
    for later in (0, 1):
        answers = sent_at_once(field, code_at(factors["secret"], step + later))
        assert statuses(answers) == {200: 1, 401: MANY - 1}
        codes = {answer.json().get("code") for answer in answers}
        assert codes == {None, "Auth.SecondFactorRequired"}


def test_one_of_many_gets_in_with_one_recovery_code(
    enrolled: tuple[Field, dict[str, Any]],
) -> None:
    field, factors = enrolled
    for code in factors["recovery_codes"][:4]:
        assert statuses(sent_at_once(field, code)) == {200: 1, 401: MANY - 1}
    begun = "SELECT count(*) FROM accounts_refreshfamily"
    before = field.at.count(begun)
    assert statuses(sent_at_once(field, factors["recovery_codes"][0])) == {401: MANY}
    assert field.at.count(begun) == before
