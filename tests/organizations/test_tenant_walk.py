"""The owner of another organization walks every operation of the OpenAPI document.

What names a thing must stand in one of the two lists below, what names none in the other:
an operation that is in neither fails, so that nobody forgets the wall for a new one.
"""

from typing import Any

import pytest

from accounts.models import Membership
from tests.clients import Answer, RestClient
from tests.conftest import acting
from tests.organizations.rows import all_rows
from tests.readable import readable
from tests.reference.contract import operations
from tokens.services.issue import IssuedToken

NAMES_A_THING = {
    "delete-service-account",
    "delete-service-account-token",
    "disable-service-account",
    "enable-service-account",
    "create-service-account-token",
    "get-service-account",
    "get-service-account-token",
    "get-service-account-tokens",
    "patch-service-account",
    "patch-service-account-token",
    "update-service-account",
}
NAMES_NOTHING = {
    "create-jwt",
    "create-service-account",
    "get-audit-events",
    "get-forward-keys",
    "get-scopes",
    "get-service-accounts",
    "get-whoami",
    "introspect-token",
    "refresh-jwt",
    "revoke-jwt",
    "validate-token",
}
THEIRS = {"account": "deploy", "token": "ci"}
NOBODYS = {"account": "nobody", "token": "nothing"}
CASE = {"errorId", "instance", "detail"}
"""Members of a refusal that tell which request it was; ``detail`` has the name as it was sent."""


@pytest.mark.parametrize(("method", "path"), operations(), ids=str)
def test_a_stranger_meets_the_wall_at_every_operation(
    method: str, path: str, outsider: Membership, owner: Membership, ci: IssuedToken, door: str
) -> None:
    operation = operations()[method, path]
    name = operation["operationId"]
    assert (name in NAMES_A_THING) != (name in NAMES_NOTHING), f"put {name} in a list"
    assert ("{" in path) == (name in NAMES_A_THING)
    stranger, before = acting(outsider, door), all_rows()
    answer = ask(stranger, method, path, operation, THEIRS)
    if name in NAMES_A_THING:
        nobodys = ask(stranger, method, path, operation, NOBODYS)
        assert answer.status_code == 404
        assert document(answer) == document(nobodys)
        said = answer.json()["detail"].replace("deploy", "nobody").replace("ci", "nothing")
        assert said == nobodys.json()["detail"]
    theirs = {str(owner.user_id), str(owner.organization_id), str(ci.token.id), str(ci.secret)}
    said = answer.content.decode() + repr(answer.headers)
    assert not [word for word in theirs if word in said]
    assert not [word for word in ("acme", "Acme") if word in readable(said)]
    after = all_rows()
    assert {place: after.get(place) for place in before} == before


def test_the_lists_are_of_operations_that_exist() -> None:
    known = {operation["operationId"] for operation in operations().values()}
    assert known == NAMES_A_THING | NAMES_NOTHING


def ask(
    client: RestClient, method: str, path: str, operation: dict[str, Any], names: dict[str, str]
) -> Answer:
    """Ask for an operation with the document's own example as its body."""
    contents = operation.get("requestBody", {"content": {"application/json": {}}})["content"]
    content_type, content = next(iter(contents.items()))
    return client.ask(
        method, path.format(**names), content.get("example"), content_type=content_type
    )


def document(answer: Answer) -> dict[str, Any]:
    """Return a refusal without what differs from request to request."""
    told: dict[str, Any] = answer.json()
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    return {**{name: told[name] for name in told if name not in CASE}, "headers": headers}
