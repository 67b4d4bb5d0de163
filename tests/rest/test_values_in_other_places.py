"""A value that reads like something else is only a value."""

import pytest

from accounts.models import ServiceAccount
from tests.clients import RestClient
from tokens.services.issue import IssuedToken

TOKENS = "/service-accounts/deploy/tokens"


@pytest.mark.parametrize("word", ["my slug", "slug", "external_id", "digest", "name"])
def test_a_name_that_is_taken_is_told_as_such_whatever_it_says(
    rest: RestClient, deploy: ServiceAccount, word: str
) -> None:
    assert rest.post(TOKENS, {"name": word}).status_code == 201
    answer = rest.post(TOKENS, {"name": word})
    assert (answer.status_code, answer.json()["code"]) == (409, "CreateToken.Conflict")


def test_an_external_id_that_is_taken_is_told_as_such(rest: RestClient) -> None:
    body = {"name": "One", "externalId": "slug of ours"}
    assert rest.post("/service-accounts", body).status_code == 201
    answer = rest.post("/service-accounts", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "ServiceAccount.ExternalIdConflict")


@pytest.mark.parametrize("action", ["token.issued%00", "%00", "token.issued%0a", "TOKEN", "a.b.c"])
def test_what_is_no_action_is_refused(rest: RestClient, action: str) -> None:
    answer = rest.get(f"/audit-events?action={action}")
    assert answer.status_code == 422
    assert [fault["location"] for fault in answer.json()["errors"]] == ["query.action"]


def test_a_secret_in_a_query_is_in_no_header_of_the_answer(
    anyone: RestClient, ci: IssuedToken
) -> None:
    secret = str(ci.secret)
    answer = anyone.acting_as(secret).get(f"/tokens/validate?scope={secret}")
    assert answer.status_code == 403
    assert secret not in str(answer.headers)
    assert secret not in answer.content.decode()


@pytest.mark.parametrize("content_type", ["*/*", "application/*", "application/jsonx"])
def test_a_type_that_is_a_pattern_is_none(rest: RestClient, content_type: str) -> None:
    answer = rest.post("/service-accounts", b'{"name": "x"}', content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "Request.UnsupportedMediaType")


def test_a_change_tells_its_times_as_the_api_does(rest: RestClient, deploy: ServiceAccount) -> None:
    end = "2999-01-31T23:00:00.123456+01:00"
    assert rest.post(TOKENS, {"name": "ends", "expiresAt": end}).status_code == 201
    event = rest.get("/audit-events?action=token.issued").json()["items"][0]
    assert event["changes"]["expiresAt"]["after"] == "2999-01-31T22:00:00.123Z"
