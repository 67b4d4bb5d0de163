"""What people and machines send that must not get through, as generated cases."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

from tests.organizations.operations import OPERATIONS, Operation
from tests.reference.contract import operation_at, resolved
from tests.rest.refusals import GOOD

JSON = "application/json"
BUILT = [operation for operation in OPERATIONS if operation.method != "ANY"]
WITH_JSON = [o for o in BUILT if o.body is not None and o.content_type == JSON]
MOST_WORK = 200
"""How many times the work of an ordinary request a refusal may be; 5,000 members are 40."""

ODD_TEXTS = {
    "NUL": r"a\u0000b",
    "a lone surrogate": r"\ud800",
    "a lone low surrogate": r"x\udfff",
    "a line break": r"a\nb",
    "carriage return and line break": r"a\r\nSet-Cookie: a=b",
    "an escape": r"\u001b[31m",
    "a C1 control": r"a\u0085b",
    "a line separator": r"a\u2028b",
    "a right-to-left override": r"a\u202eb",
    "an isolate": r"\u2066a",
    "60 kB of one letter": "a" * 60_000,
    "60 kB that make a pattern go back": "a-" * 30_000 + "!",
    "60 kB of blanks and NUL": " " * 59_000 + "\\u0000",
    "our secret": f"wdk_{'0' * 38}",
}
"""By what they are; written as the inside of a JSON text."""
STORED = {r"a\nb", r"a\r\nSet-Cookie: a=b"}
"""Those that a description may hold."""
TRAILING = {
    "slug": "deploy-2\n",
    "expiresAt": "2100-01-01T00:00:00Z\n",
    "scopes": ["read:releases\n"],
}
"""Right but for a line break at the end, which a pattern that ends in `$` lets pass."""
BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 415),
    "blanks": (b"  \n", 400),
    "NaN": (b'{"name": NaN}', 400),
    "a number of 6,000 digits": (b'{"name": ' + b"9" * 6000 + b"}", 400),
    "a negative exponent of 6,000 digits": (b'{"name": 1e-' + b"9" * 6000 + b"}", 400),
    "30,000 brackets": (b"[" * 30_000 + b"]" * 30_000, 400),
    "100,000 brackets": (b"[" * 100_000, 413),
    "100 kB": (b'{"name": "' + b"a" * 100_000 + b'"}', 413),
    "members that stand twice": (b'{"name": "a", "n\\u0061me": "b"}', 400),
    "invalid UTF-8": (b'{"name": "\xff"}', 400),
    "UTF-16": ('{"name": "a"}'.encode("utf-16"), 400),
    "a byte order mark": (b'\xef\xbb\xbf{"name": "a"}', 400),
    "a list": (b"[]", 422),
    "a text": (b'"name"', 422),
    "a number": (b"1", 422),
    "null": (b"null", 422),
    "a list of 30,000": (b"[" + b"1," * 30_000 + b"1]", 422),
    "5,000 members": (json.dumps({f"m{n}": 1 for n in range(5000)}).encode(), 422),
}
"""By what they are, with the status that each of them makes."""
BOMB = zlib.compress(b'{"name": "' + b"a" * 10_000_000 + b'"}')

QUERIES = {
    "an unknown member": ("odd=1", 422),
    "a member of Python's": ("__class__=1", 422),
    "an unknown member of no value": ("odd", 422),
    "a member that stands twice": ("limit=1&limit=1", 422),
    "a name of NUL": ("%00=1", 422),
    "a value that is not UTF-8": ("q=%ff", 400),
    "a name that is not UTF-8": ("%ff=1", 400),
    "half a surrogate pair": ("q=%ed%a0%80", 400),
    "a format": ("format=json", 422),
    "a lookup of the database's": ("name__contains=a", 422),
    "10,000 characters": ("odd=" + "a" * 10_000, 422),
}
VALUES = {
    "limit": ["0", "201", "-1", "1.0", "1e2", "\u0661", "1%0a", "%00", "", "9" * 6000, "+1", "0x1"],
    "cursor": ["x", "%00", "%0a", "", "a" * 2001, "é", "=", "e30"],
    "sort": ["", "name%0a", "Name", "--name", "id", "digest", "name,createdAt", "%00"],
    "status": ["", "active%0a", "ACTIVE", "active,disabled", "%00"],
    "q": ["%00", "a" * 201, "%0a", "%e2%80%ae", "%1b"],
    "action": ["a" * 61, "é", "%00"],
    "actor": ["x", "1", "%7B00000000-0000-0000-0000-000000000000%7D", "0" * 32, "%00",
              "urn:uuid:00000000-0000-0000-0000-000000000000",
              "00000000-0000-0000-0000-000000000000%0a"],
    "target": ["x", "0" * 32, "%00"],
    "from": ["x", "2030-01-31", "2030-01-31T12:00:00", "2030-13-01T00:00:00Z",
             "0000-01-01T00:00:00Z", "2030-01-31T12:00:00Z%0a",
             "0001-01-01T00:00:00%2b23:59", "%00"],
    "to": ["x", "9999-12-31T23:59:59-23:59", "2030-01-31T12:00:00Z%0a"],
}  # fmt: skip
"""Values that no member of a query takes."""
SEGMENTS = [
    "%00", "deploy%00", "%ff", "deploy%0a", "deploy%0d%0a", "%0adeploy", "deploy%2f..", "..",
    "%2e%2e", "deploy;x", "deploy%3f", "a" * 5000, "%e2%80%aedeploy", "DEPLOY", "deploy%20",
    "deploy%5c", "%ed%a0%80", "wdk_" + "0" * 38, "-deploy", "dep_loy", "d%C3%A9ploy", "a" * 101,
]  # fmt: skip
FORGED = {
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-For": "203.0.113.66",
    "X-Forwarded-Port": "6666",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/evil",
    "X-Rewrite-URL": "/evil",
    "Forwarded": "host=evil.test;proto=gopher;for=203.0.113.66",
    "X-Wardkey-Organization": "evil",
    "X-HTTP-Method-Override": "DELETE",
}


def texts_of(operation: Operation) -> list[str]:
    """Return the members of the operation's body that are texts, by the OpenAPI document."""
    properties = _schema(operation)["properties"]
    return [name for name, told in properties.items() if "string" in _types(told)]


def query_of(operation: Operation) -> list[str]:
    """Return the members of the operation's query, by the OpenAPI document."""
    address = operation.address.format(account="deploy", token="ci")
    given = operation_at(operation.method, address).get("parameters", [])
    return [member["name"] for member in given if member["in"] == "query"]


def good_body(operation: Operation) -> dict[str, Any]:
    """Return a body of the operation that nothing is wrong with."""
    return dict(GOOD.get(str(operation), operation.body or {}))


def odd_bodies(operation: Operation) -> Iterator[tuple[str, str, bytes]]:
    """Yield bodies with one odd text each: the member, what is odd, the bytes."""
    for member in texts_of(operation):
        for kind, text in ODD_TEXTS.items():
            if member == "description" and text in STORED:
                continue
            body = json.dumps({**good_body(operation), member: "@@"}).replace("@@", text)
            yield member, kind, body.encode()


def _schema(operation: Operation) -> dict[str, Any]:
    address = operation.address.format(account="deploy", token="ci")
    content = operation_at(operation.method, address)["requestBody"]["content"]
    return resolved(content[operation.content_type]["schema"])


def _types(told: dict[str, Any]) -> list[str]:
    kind = told.get("type", [])
    return kind if isinstance(kind, list) else [kind]
