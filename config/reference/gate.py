"""The operation ``validate-token``, by hand: its view is none of DRF's.

It answers any method alike; the document has GET, the one that gateways ask by.
"""

from typing import Any

from accounts.errors import MissingScope, NoIdentity
from accounts.request_errors import MalformedRequest, RequestTimeout, ServerFault, Unavailable
from config.reference.problems import header_refs, problem_responses

PATH = "/tokens/validate"
GROUP = "Verify"
ABOUT = "What a gateway asks: is this token good, whose is it, and what may it do?"

DESCRIPTION = (
    "Answers any method alike, and ignores the body and other query members. Only a service"
    " account's token is good here, never a person's JWT. Without the database there is no"
    " verdict: 503."
)
SCOPE = {
    "name": "scope",
    "in": "query",
    "description": "A scope that the token must hold; repeat it for several.",
    "schema": {"type": "array", "items": {"type": "string"}},
    "explode": True,
    "example": ["write:releases"],
}
HEADERS = {
    "X-Wardkey-Organization": "The organization's id.",
    "X-Wardkey-Service-Account": "The service account's slug, to be shown.",
    "X-Wardkey-Service-Account-Id": "The service account's id, to decide by.",
    "X-Wardkey-Token": "The token's id.",
    "X-Wardkey-Scopes": "What the token may do, with spaces between.",
}
SIGNED = {
    "description": (
        "Where `WARDKEY_FORWARD_JWT` is on: `Bearer` and a JWT that says the same to the services"
        " behind a gateway, for a minute at most. It is no credential here."
    ),
    "schema": {"type": "string"},
}
REFUSALS = (
    NoIdentity,
    MissingScope,
    MalformedRequest,
    RequestTimeout,
    ServerFault,
    Unavailable,
)


def validate_operation() -> dict[str, Any]:
    """Return the operation object of ``/tokens/validate``."""
    identity = {
        name: {"required": True, "description": text, "schema": {"type": "string"}}
        for name, text in HEADERS.items()
    }
    good = {
        "description": "The token is good; the headers say whose it is.",
        "headers": {
            **header_refs("X-Request-Id", "Cache-Control"),
            **identity,
            "Authorization": SIGNED,
        },
    }
    return {
        "operationId": "validate-token",
        "summary": "Say whether a token is good",
        "description": DESCRIPTION,
        "tags": [GROUP],
        "parameters": [SCOPE],
        "security": [{"serviceAccountToken": []}],
        "responses": {"200": good, **problem_responses(REFUSALS, PATH)},
    }
