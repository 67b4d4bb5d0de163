"""Holds an answer against the OpenAPI document.

``RestClient`` hands every exchange of the suite to ``check_answer``.
"""

import copy
import re
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from config.reference.document import document

AT_TIMES = {"Authorization", "Link", "WWW-Authenticate"}
"""Headers that a documented answer need not carry: without ``WARDKEY_FORWARD_JWT``, on the last
page, and in a 403 of the ceiling."""
ROOT_ONLY = re.compile(r"/(openapi\.|problems/|healthz|readyz|metrics|docs/|\.well-known/|static/)")
"""What the document leaves out: pages, and probes of the installation."""
UNDOCUMENTED = {400: "Request.Malformed", 404: "Request.NotFound", 405: "Request.MethodNotAllowed"}
"""The only answers at an address, or to a method, that the document does not have."""
PROBLEM = "application/problem+json"


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
    found = _find(method, address)
    assert found is not None, f"the document has no {method} {address}"
    return found


def faults_of(schema: dict[str, Any], value: Any) -> list[str]:
    """Return why ``value`` is not of ``schema``, with every object of the document closed."""
    root = {**schema, "components": _closed_components()}
    validator = Draft202012Validator(root, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def check_answer(method: str, address: str, answer: Any) -> None:
    """Fail unless the document has this answer: its status, headers, media type and body.

    What is asked at an address, or by a method, that the document does not have is refused.
    """
    operation = _find(method, address)
    if operation is None:
        _check_undocumented(method, address, answer)
        return
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
    if method != "HEAD":
        faults = _faults_of_body(operation["operationId"], answer.status_code, answer.json())
        assert faults == [], where


def _check_undocumented(method: str, address: str, answer: Any) -> None:
    where = f"{method} {address} {answer.status_code}"
    if ROOT_ONLY.match(address):
        return
    assert answer.status_code in UNDOCUMENTED, f"{where}: the document does not have it"
    assert answer.headers["Content-Type"] == PROBLEM, where
    if method != "HEAD":
        assert answer.json()["code"] == UNDOCUMENTED[answer.status_code], where


def _find(method: str, address: str) -> dict[str, Any] | None:
    path = address.partition("?")[0]
    # The document has GET alone where any method is answered alike, and GET stands for HEAD.
    asked = "GET" if method == "HEAD" or path == "/tokens/validate" else method
    for known, form, operation in _forms():
        if known == asked and form.fullmatch(path):
            return operation
    return None


@lru_cache
def _forms() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    return [
        (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), operation)
        for (method, template), operation in operations().items()
    ]


def _faults_of_body(operation_id: str, status: int, body: Any) -> list[str]:
    found = _validator(operation_id, status).iter_errors(body)
    return [f"{error.json_path}: {error.message}" for error in found]


@lru_cache
def _validator(operation_id: str, status: int) -> Any:
    operation = next(o for o in operations().values() if o["operationId"] == operation_id)
    (content,) = resolved(operation["responses"][str(status)])["content"].values()
    root = {**content["schema"], "components": _closed_components()}
    return Draft202012Validator(root, format_checker=FormatChecker())


@lru_cache
def _closed_components() -> dict[str, Any]:
    components: dict[str, Any] = copy.deepcopy(document()["components"])
    for name, schema in components["schemas"].items():
        if schema.get("type") == "object" and name != "Introspect":
            schema["additionalProperties"] = False
    return components
