"""The refusals of each operation, for the OpenAPI document.

What the base view and the server refuse before an operation is asked stands here, in
the order of ``contract.md`` section 1; the rest stands beside the operation itself
(``accounts/api/answers.py``).
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import uritemplate

from accounts.api.answers import Answer
from accounts.api.base import MemberViewSet, PublicViewSet
from accounts.api.shapes import ScopesField
from accounts.errors import DomainError, InvalidRequest, InvalidScopes, MissingScope, NoIdentity
from accounts.request_errors import (
    MalformedRequest,
    MethodNotAllowed,
    NoSuchAddress,
    NotAcceptable,
    RequestTimeout,
    ServerFault,
    Throttled,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from config.api.problems import CONTENT_TYPE, OAUTH_ERRORS, problem_document
from config.reference.fields import summary

Refusal = type[DomainError]

ALWAYS: tuple[Refusal, ...] = (
    MalformedRequest,
    MethodNotAllowed,
    NotAcceptable,
    RequestTimeout,
    InvalidRequest,
    Throttled,
    ServerFault,
    Unavailable,
)
BODY: tuple[Refusal, ...] = (TooLarge, UnsupportedMediaType)
HEADERS = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}
"""The header that an answer of this status carries; 403 has one for a missing scope alone."""

SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "A problem document (RFC 9457): why a request was refused.",
        "required": ["type", "title", "status", "detail", "instance", "code", "errorId", "errors"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri",
                "description": "The page that explains the cause and the fix.",
            },
            "title": {"type": "string", "description": "The phrase of the status."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What is wrong here, for people."},
            "instance": {"type": "string", "description": "The path, without its query."},
            "code": {"type": "string", "description": "Stable: programs may match on it."},
            "errorId": {"type": "string", "description": "The id of the request, for the logs."},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
            "error": {
                "type": "string",
                "description": "Under `/oauth` alone: RFC 6749's word for it.",
                "enum": sorted({"invalid_request", *OAUTH_ERRORS.values()}),
            },
            "error_description": {
                "type": "string",
                "description": "Under `/oauth` alone: the same as `detail`.",
            },
        },
    },
    "Fault": {
        "type": "object",
        "description": "One thing that is wrong: where, what, and what was sent.",
        "required": ["location", "message"],
        "properties": {
            "location": {
                "type": "string",
                "pattern": r"^(body|path|query|header)",
                "examples": ["body.scopes[1]"],
            },
            "message": {"type": "string"},
            "value": {"description": "Left out for secrets and for unknown members."},
        },
        "additionalProperties": False,
    },
}


def refusals_of(view: PublicViewSet, path: str, answer: Answer) -> list[Refusal]:
    """Return all that ``view`` can refuse at ``path``, for its current action."""
    action = view.action or ""
    names = uritemplate.variables(path)
    found = [*ALWAYS, *answer.refusals, *(view.absent[name] for name in names)]
    if names:
        found.append(NoSuchAddress)
    if isinstance(view, MemberViewSet):
        found += [NoIdentity, *([MissingScope] if view.needs[action] else [])]
    body = view.body_shapes.get(action)
    if body is not None:
        found += BODY
        if any(isinstance(field, ScopesField) for field in body().fields.values()):
            found.append(InvalidScopes)
    return found


def problem_responses(refusals: Iterable[Refusal], path: str) -> dict[str, Any]:
    """Return the responses that tell ``refusals``, by status.

    Where a status has but one refusal, its response is shared (``shared_responses``);
    not under ``/oauth``, where it has RFC 6749's members.
    """
    is_oauth = path.startswith("/oauth/")
    by_status: dict[int, list[Refusal]] = defaultdict(list)
    for error in sorted(set(refusals), key=lambda error: error.code):
        by_status[error.status].append(error)
    return {
        str(status): {"$ref": f"#/components/responses/{found[0].__name__}"}
        if len(found) == 1 and not is_oauth
        else _response(status, found, is_oauth=is_oauth)
        for status, found in sorted(by_status.items())
    }


def shared_responses(paths: dict[str, Any]) -> dict[str, Any]:
    """Return the response of each refusal alone that ``paths`` refer to, by its name."""
    told = json.dumps(paths)
    return {
        error.__name__: _response(error.status, [error])
        for error in sorted(DomainError.catalogue.values(), key=lambda error: error.__name__)
        if f'/responses/{error.__name__}"' in told
    }


def _response(status: int, refusals: list[Refusal], *, is_oauth: bool = False) -> dict[str, Any]:
    names = [HEADERS[status]] if status in HEADERS else []
    if MissingScope in refusals:
        names.append("WWW-Authenticate")
    codes = {"type": "string", "enum": [error.code for error in refusals]}
    told: dict[str, Any] = {"properties": {"status": {"const": status}, "code": codes}}
    if is_oauth:
        told["required"] = ["error", "error_description"]
    return {
        "description": "\n".join(f"- `{error.code}`: {summary(error)}" for error in refusals),
        "headers": header_refs("X-Request-Id", "Cache-Control", *names),
        "content": {
            CONTENT_TYPE: {
                "schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, told]},
                "examples": {
                    error.page: {"value": _example(error, is_oauth=is_oauth)} for error in refusals
                },
            }
        },
    }


def header_refs(*names: str) -> dict[str, Any]:
    """Return references to the headers ``names`` of the components."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _example(error: Refusal, *, is_oauth: bool) -> dict[str, Any]:
    # The arguments of the classes differ; a document needs those of their base alone.
    sample = DomainError.__new__(error)
    DomainError.__init__(sample, summary(error))
    return problem_document(
        sample,
        path=f"/api{'/oauth/introspect' if is_oauth else '/service-accounts/deploy/tokens'}",
        request_id="0f6c0c2e-6a0a-4d83-9f1f-5a43f1f0a7f5",
    )
