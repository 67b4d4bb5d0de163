"""Every refusal that an operation can give, in the contract's order, as a way to earn it.

Each changes a good request a little, so that any two of them can be committed at once.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from tests.clients import FORM, Answer, RestClient
from tests.organizations.operations import OPERATIONS, Operation
from tests.reference.contract import operation_at

METHODS = ("PUT", "PATCH", "DELETE", "POST", "GET")
NEVER_ALONE = {408, 500, 503}
"""Statuses that no request earns by what stands in it alone."""
SPENT_ADDRESS, SPENT_ACCOUNT = "203.0.113.9", "spent@acme.test"
"""Who has had all tries of signing in."""
LIMITED, ABLE, UNKNOWN = "limited", "able", "unknown"
"""Callers: without a scope, with those that operations need and few others, and nobody."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request that is still being spoiled."""

    operation: Operation
    caller: str = ABLE
    method: str = ""
    address: str = ""
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)
    content_type: str = ""
    doubled: bool = False
    padding: int = 0

    def send(self, client: RestClient) -> Answer:
        """Send it."""
        body: Any = None
        if self.operation.body is not None:
            body = self._form() if self.operation.content_type == FORM else self._json()
            body += b" " * self.padding
        return client.ask(
            self.method,
            self.address + self.query,
            body,
            content_type=self.content_type,
            headers=self.headers,
        )

    def _json(self) -> bytes:
        text = json.dumps(self.members)
        return (text[:-1] + ', "x": 1, "x": 1}' if self.doubled else text).encode()

    def _form(self) -> bytes:
        text = urlencode(self.members)
        return (f"{text}&{text}" if self.doubled else text).encode()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: what is told of it, where it can be earned, and how."""

    name: str
    status: int
    code: str
    where: Callable[[Operation], bool]
    earn: Callable[[Draft], Draft]
    location: str | None = None

    def told_by(self, answer: Answer) -> bool:
        """Return whether ``answer`` is this refusal and no other."""
        document = answer.json()
        first = document["errors"][0]["location"] if document.get("errors") else ""
        told = (answer.status_code, document.get("code"))
        return told == (self.status, self.code) and first.startswith(self.location or "")


def good(operation: Operation) -> Draft:
    """Return the request that nothing is wrong with."""
    return Draft(
        operation,
        method=operation.method,
        address=operation.address.format(account="deploy", token="ci"),
        members=dict(GOOD.get(str(operation), operation.body or {})),
        content_type=operation.content_type,
    )


def refusals_of(operation: Operation) -> list[Refusal]:
    """Return what the operation can refuse, the first that is told first."""
    return [refusal for refusal in ORDER if refusal.where(operation)]


def statuses_of(operation: Operation) -> set[int]:
    """Return the refusals' statuses that the OpenAPI document has for the operation."""
    address = operation.address.format(account="deploy", token="ci")
    told = {int(status) for status in operation_at(operation.method, address)["responses"]}
    uncounted = set() if _with_tries(operation) else {429}
    return {status for status in told if status >= 400} - NEVER_ALONE - uncounted


def pairs_of(operation: Operation) -> Iterator[tuple[Refusal, Refusal]]:
    """Yield every two refusals of the operation, the one that is told first."""
    found = refusals_of(operation)
    for at, earlier in enumerate(found):
        for later in found[at + 1 :]:
            yield earlier, later


def _change(**changes: Any) -> Callable[[Draft], Draft]:
    return lambda draft: replace(draft, **changes)


def _another_method(draft: Draft) -> Draft:
    same = {o.method for o in OPERATIONS if o.address == draft.operation.address}
    return replace(draft, method=next(method for method in METHODS if method not in same))


def _nobodys(draft: Draft) -> Draft:
    slash = "/" if draft.address.endswith("/") else ""
    names = {"account": "nobody", "token": "ci"}
    return replace(draft, address=draft.operation.address.format(**names) + slash)


def _query(member: str) -> Callable[[Draft], Draft]:
    def earn(draft: Draft) -> Draft:
        return replace(draft, query=f"{draft.query}{'&' if draft.query else '?'}{member}")

    return earn


def _header(name: str, value: str) -> Callable[[Draft], Draft]:
    return lambda draft: replace(draft, headers={**draft.headers, name: value})


def _members(table: dict[str, dict[str, Any]] | dict[str, Any]) -> Callable[[Draft], Draft]:
    def earn(draft: Draft) -> Draft:
        more = table.get(str(draft.operation), table)
        return replace(draft, members={**draft.members, **more})

    return earn


def _anywhere(operation: Operation) -> bool:
    return True


def _with_credential(operation: Operation) -> bool:
    return not operation.address.startswith("/auth/")


def _with_scope(operation: Operation) -> bool:
    return _with_credential(operation) and operation.address not in {"/whoami", "/scopes"}


def _with_tries(operation: Operation) -> bool:
    return str(operation) == "POST /auth/token"


def _with_body(operation: Operation) -> bool:
    return operation.body is not None


def _with_json(operation: Operation) -> bool:
    return _with_body(operation) and operation.content_type != FORM


ACCOUNT = "/service-accounts/{account}"
GOOD: dict[str, dict[str, Any]] = {
    "POST /service-accounts": {"name": "New", "slug": "new"},
    f"PATCH {ACCOUNT}": {"description": "x"},
    f"PATCH {ACCOUNT}/tokens/{{token}}": {"description": "x"},
    f"POST {ACCOUNT}/tokens": {"name": "New", "scopes": []},
}
"""Bodies that `able` may send, where those of the table give more than they hold."""
TAKEN: dict[str, dict[str, Any]] = {
    "POST /service-accounts": {"slug": "deploy"},
    f"PUT {ACCOUNT}": {"externalId": "x-1"},
    f"PATCH {ACCOUNT}": {"externalId": "x-1"},
    f"POST {ACCOUNT}/tokens": {"slug": "ci"},
    f"PATCH {ACCOUNT}/tokens/{{token}}": {"name": "taken"},
}
CODES_OF_CONFLICTS = {
    "POST /service-accounts": "ServiceAccount.SlugConflict",
    f"PUT {ACCOUNT}": "ServiceAccount.ExternalIdConflict",
    f"PATCH {ACCOUNT}": "ServiceAccount.ExternalIdConflict",
    f"POST {ACCOUNT}/tokens": "CreateToken.SlugConflict",
    f"PATCH {ACCOUNT}/tokens/{{token}}": "CreateToken.Conflict",
}
LISTS = {"/service-accounts", f"{ACCOUNT}/tokens", "/audit-events"}
ENABLE = f"POST {ACCOUNT}/enable"
WRONG = {"email": "owner@rival.test", "password": "wrong", "refresh": "wrong"}


def _conflict(operation_name: str) -> Refusal:
    return Refusal(
        f"conflict at {operation_name}",
        409,
        CODES_OF_CONFLICTS[operation_name],
        lambda operation: str(operation) == operation_name,
        _members(TAKEN),
    )


ORDER: list[Refusal] = [
    Refusal("host", 400, "Request.Malformed", _anywhere, _header("Host", "evil.test")),
    Refusal(
        "no address", 404, "Request.NotFound", _anywhere,
        lambda draft: replace(draft, address=f"{draft.address}/"),
    ),
    Refusal("no method", 405, "Request.MethodNotAllowed", _anywhere, _another_method),
    Refusal(
        "no identity", 401, "Auth.NoIdentity", _with_credential, _change(caller=UNKNOWN)
    ),
    Refusal(
        "no format", 406, "Request.NotAcceptable", _anywhere, _header("Accept", "image/png")
    ),
    Refusal(
        "tries of the address", 429, "Request.Throttled", _with_tries,
        _header("X-Forwarded-For", SPENT_ADDRESS),
    ),
    Refusal("no scope", 403, "Auth.MissingScope", _with_scope, _change(caller=LIMITED)),
    Refusal(
        "no such thing", 404, "CreateToken.ServiceAccountNotFound",
        lambda operation: operation.names_something, _nobodys,
    ),
    Refusal("query", 422, "Request.Invalid", _anywhere, _query("odd=1"), "query."),
    Refusal(
        "cursor", 400, "Request.Malformed",
        lambda operation: operation.method == "GET" and operation.address in LISTS,
        _query("cursor=x"), "query.cursor",
    ),
    Refusal("too large", 413, "Request.TooLarge", _with_body, _change(padding=65_536)),
    Refusal(
        "media type", 415, "Request.UnsupportedMediaType", _with_body,
        _change(content_type="text/plain"),
    ),
    Refusal("form", 400, "Request.Malformed", _with_body, _change(doubled=True)),
    Refusal(
        "content", 422, "Request.Invalid", _with_json, _members({"odd": 1}), "body.odd"
    ),
    Refusal(
        "key", 422, "Request.Invalid",
        lambda operation: str(operation) in {"POST /service-accounts", f"POST {ACCOUNT}/tokens"},
        _header("Idempotency-Key", "é"), "header.Idempotency-Key",
    ),
    Refusal(
        "tries of the account", 429, "Request.Throttled", _with_tries,
        _members({"email": SPENT_ACCOUNT}),
    ),
    Refusal(
        "proof", 401, "Auth.NoIdentity",
        lambda operation: str(operation) in {"POST /auth/token", "POST /auth/token/refresh"},
        lambda draft: replace(
            draft, members={name: WRONG.get(name, v) for name, v in draft.members.items()}
        ),
    ),
    Refusal(
        "ceiling", 403, "Token.ScopeNotHeld",
        lambda operation: str(operation) in TAKEN, _members({"scopes": ["write:users"]}),
    ),
    Refusal(
        "ceiling of enabling", 403, "Token.ScopeNotHeld",
        lambda operation: str(operation) == ENABLE, lambda draft: draft,
    ),
    *[_conflict(operation_name) for operation_name in TAKEN],
]  # fmt: skip
"""As the contract has it in section 1. A key is looked at after the content (section 5), and so
are the tries of an account, since the body names it.
"""
