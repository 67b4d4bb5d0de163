"""``/metrics``: the counts, for who has the token."""

import pytest
from django.test import Client

from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.operations.metrics import BEARER, counts, value
from tokens.services.issue import IssuedToken


def test_without_the_setting_there_is_no_such_address() -> None:
    answer = Client().get("/metrics", headers=BEARER)
    assert (answer.status_code, answer.json()["code"]) == (404, "Request.NotFound")


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_only_the_token_opens_it(headers: dict[str, str]) -> None:
    answer = Client().get("/metrics", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "Auth.NoIdentity")


@pytest.mark.usefixtures("told")
def test_verdicts_are_counted_by_reason(anyone: RestClient, ci: IssuedToken) -> None:
    good, unknown = (
        f'wardkey_verdicts_total{{reason="{reason}"}}' for reason in ("good", "malformed")
    )
    before = counts()
    assert anyone.acting_as(str(ci.secret)).get("/tokens/validate").status_code == 200
    assert anyone.acting_as("nothing").get("/tokens/validate").status_code == 401
    after = counts()
    assert value(after, good) == value(before, good) + 1
    assert value(after, unknown) == value(before, unknown) + 1


@pytest.mark.usefixtures("told", "owner")
def test_sign_ins_are_counted_by_outcome(anyone: RestClient) -> None:
    right, wrong = (f'wardkey_sign_ins_total{{outcome="{o}"}}' for o in ("right", "wrong"))
    before = counts()
    for password in (PASSWORD, "wrong", "wrong again"):
        anyone.post("/auth/token", {"email": "owner@acme.test", "password": password})
    after = counts()
    assert value(after, right) == value(before, right) + 1
    assert value(after, wrong) == value(before, wrong) + 2
