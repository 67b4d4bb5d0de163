"""Holds an answer against the OpenAPI document."""

import copy
import re
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from config.reference.document import document
from tests.clients import Answer

AT_TIMES = {"Link", "WWW-Authenticate"}
"""Headers that a documented answer need not carry: the last page, and a 403 of the ceiling."""


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the document's operations, by method and path."""
    return {
        (method.upper(), path): operation
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


def resolved(thing: dict[str, Any]) -> dict[str, Any]:
    """Return what ``thing`` refers to, or itself."""
    found: Any = thing
    if "$ref" in thing:
        found = document()
        for part in thing["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    assert isinstance(found, dict)
    return found


def operation_at(method: str, address: str) -> dict[str, Any]:
    """Return the operation that answers ``method`` at ``address``, which has no door."""
    path = address.partition("?")[0]
    for (known, template), operation in operations().items():
        if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return operation
    raise AssertionError(f"the document has no {method} {path}")


def faults_of(schema: dict[str, Any], value: Any) -> list[str]:
    """Return why ``value`` is not of ``schema``, with every object of the document closed."""
    root = {**schema, "components": _closed_components()}
    validator = Draft202012Validator(root, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def check_answer(method: str, address: str, answer: Answer) -> None:
    """Fail unless the document has this answer: its status, headers, media type and body."""
    operation = operation_at(method, address)
    where = f"{operation['operationId']} {answer.status_code}"
    assert str(answer.status_code) in operation["responses"], f"{where} is not documented"
    documented = resolved(operation["responses"][str(answer.status_code)])
    missing = [
        name
        for name in documented["headers"]
        if name not in answer.headers
        and not (name in AT_TIMES and answer.status_code in {200, 403})
    ]
    assert not missing, f"{where} lacks {missing}"
    contents = documented.get("content", {})
    if not contents:
        assert answer.content == b"", f"{where} has a body"
        return
    media_type = answer.headers["Content-Type"].partition(";")[0]
    assert media_type in contents, f"{where} is {media_type}"
    assert faults_of(contents[media_type]["schema"], answer.json()) == [], where


@lru_cache
def _closed_components() -> dict[str, Any]:
    components: dict[str, Any] = copy.deepcopy(document()["components"])
    for schema in components["schemas"].values():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    return components
