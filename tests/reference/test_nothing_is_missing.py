"""Every operation says all that a client must know, and a gap is noticed."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.reference.contract import operations, resolved
from tests.reference.gaps import gaps_of

Spoil = Callable[[dict[str, Any]], object]

SAMPLE = "create-service-account-token"
GAPS: dict[str, Spoil] = {
    "operationId": lambda operation: operation.pop("operationId"),
    "summary": lambda operation: operation.pop("summary"),
    "description": lambda operation: operation.pop("description"),
    "tags": lambda operation: operation.update(tags=[]),
    "security": lambda operation: operation.update(security=[]),
    "the scope of userJwt in the description": lambda operation: operation["security"][0].update(
        userJwt=["write:users"]
    ),
    "the description of account": lambda operation: parameter(operation, "account").pop(
        "description"
    ),
    "an example of account": lambda operation: parameter(operation, "account")["schema"].pop(
        "examples"
    ),
    "an example of the body as application/json": lambda operation: operation["requestBody"][
        "content"
    ]["application/json"].pop("example"),
    "the status 413": lambda operation: operation["responses"].pop("413"),
    "the status 404": lambda operation: operation["responses"].pop("404"),
    "the description of 201": lambda operation: operation["responses"]["201"].pop("description"),
    "the header Location of 201": lambda operation: operation["responses"]["201"]["headers"].pop(
        "Location"
    ),
    "the header Retry-After of 503": lambda operation: operation["responses"]["503"]["headers"].pop(
        "Retry-After"
    ),
    "the problem document of 409": lambda operation: operation["responses"]["409"].pop("content"),
    "the codes of 409": lambda operation: content(operation, "409")["schema"]["allOf"].pop(),
    "an example of 201": lambda operation: content(operation, "201").pop("example"),
}


def parameter(operation: dict[str, Any], name: str) -> dict[str, Any]:
    """Return one parameter of an operation."""
    found: dict[str, Any] = next(p for p in operation["parameters"] if p["name"] == name)
    return found


def content(operation: dict[str, Any], status: str) -> dict[str, Any]:
    """Return the one content of an answer."""
    (found,) = operation["responses"][status]["content"].values()
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("operation", operations().values(), ids=lambda o: o["operationId"])
def test_an_operation_lacks_nothing(operation: dict[str, Any]) -> None:
    assert gaps_of(operation) == []


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_is_noticed(gap: str) -> None:
    found = next(o for o in operations().values() if o["operationId"] == SAMPLE)
    operation = copy.deepcopy(found)
    answers = operation["responses"]
    operation["responses"] = {s: copy.deepcopy(resolved(answer)) for s, answer in answers.items()}
    assert gaps_of(operation) == []
    GAPS[gap](operation)
    assert gap in gaps_of(operation)
