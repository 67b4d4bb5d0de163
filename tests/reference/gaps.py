"""What an operation of the document lacks."""

from collections.abc import Iterator
from typing import Any

from tests.reference.contract import PROBLEM, resolved

PUBLIC = {"create-jwt", "get-forward-keys", "refresh-jwt", "revoke-jwt"}
"""The operations that need no credential."""
ALWAYS = {"X-Request-Id", "Cache-Control"}
BY_STATUS = {
    "201": {"Location"},
    "401": {"WWW-Authenticate"},
    "405": {"Allow"},
    "429": {"Retry-After"},
    "503": {"Retry-After"},
}
COMMON = {"400", "408", "500", "503"}
"""Statuses that every operation can give."""
OF_VIEWS = {"405", "406", "422", "429"}
"""Those that every operation but the gate can give, which ignores what it does not know."""


def gaps_of(operation: dict[str, Any]) -> list[str]:
    """Return what is missing from an operation, in words."""
    return [*_gaps_of_words(operation), *_gaps_of_request(operation), *_gaps_of_answers(operation)]


def _gaps_of_words(operation: dict[str, Any]) -> Iterator[str]:
    for member in ("operationId", "summary", "description", "tags"):
        if not operation.get(member):
            yield member
    is_public = operation.get("operationId") in PUBLIC
    if is_public != (operation.get("security") == []):
        yield "security"
    for choice in operation.get("security", []):
        for name, scopes in choice.items():
            told = f"`{scopes[0]}`" if scopes else ""
            if told not in operation.get("description", ""):
                yield f"the scope of {name} in the description"


def _gaps_of_request(operation: dict[str, Any]) -> Iterator[str]:
    for given in operation.get("parameters", []):
        schema = given.get("schema", {})
        if not (given.get("description") or schema.get("enum")):
            yield f"the description of {given['name']}"
        if given["in"] != "query" and not schema.get("examples"):
            yield f"an example of {given['name']}"
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if not content.get("example"):
            yield f"an example of the body as {media_type}"


def _gaps_of_answers(operation: dict[str, Any]) -> Iterator[str]:
    answers = operation.get("responses", {})
    wanted = set(COMMON)
    if operation.get("operationId") != "validate-token":
        wanted |= OF_VIEWS
    if "requestBody" in operation:
        wanted |= {"413", "415"}
    if operation.get("security"):
        wanted |= {"401"}
    if any(given["in"] == "path" for given in operation.get("parameters", [])):
        wanted |= {"404"}
    yield from (f"the status {status}" for status in sorted(wanted - answers.keys()))
    if not [status for status in answers if status.startswith("2")]:
        yield "a good answer"
    for status, told in answers.items():
        answer = resolved(told)
        if not answer.get("description"):
            yield f"the description of {status}"
        headers = ALWAYS | BY_STATUS.get(status, set())
        yield from (
            f"the header {name} of {status}"
            for name in sorted(headers - answer.get("headers", {}).keys())
        )
        yield from _gaps_of_body(status, answer.get("content", {}))


def _gaps_of_body(status: str, contents: dict[str, Any]) -> Iterator[str]:
    if int(status) >= 400 and PROBLEM not in contents:
        yield f"the problem document of {status}"
    for media_type, content in contents.items():
        if not content.get("schema"):
            yield f"the schema of {status}"
        if not (content.get("example") or content.get("examples")):
            yield f"an example of {status}"
        if media_type == PROBLEM and not _codes(content):
            yield f"the codes of {status}"


def _codes(content: dict[str, Any]) -> list[str]:
    parts = content.get("schema", {}).get("allOf", [{}])
    codes: list[str] = parts[-1].get("properties", {}).get("code", {}).get("enum", [])
    return codes
