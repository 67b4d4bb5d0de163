"""Nothing odd that comes in gets through, quickly, and the next request is served.

For every operation, by cases that are generated (``cases.py``).
"""

import time
from collections.abc import Iterator

import pytest

from accounts.models import Membership
from tests.clients import FORM, Answer, RestClient
from tests.conftest import PASSWORD, acting
from tests.organizations.operations import Operation
from tests.organizations.rows import Rows, all_rows
from tests.readable import readable
from tests.strictness.cases import (
    BODIES,
    BOMB,
    BUILT,
    FORGED,
    JSON,
    MOST_WORK,
    QUERIES,
    SEGMENTS,
    TRAILING,
    VALUES,
    WITH_JSON,
    good_body,
    odd_bodies,
    query_of,
)
from tokens.services.issue import IssuedToken

every_operation = pytest.mark.parametrize("operation", BUILT, ids=str)
every_json = pytest.mark.parametrize("operation", WITH_JSON, ids=str)


class Watched:
    """A client of `acme`'s owner whose requests must be refused, quickly, and do nothing."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._before = _told(all_rows())
        self._usual = min(self._work_of("GET", "/service-accounts")[0] for _ in range(3))

    def refused(self, operation: Operation, what: str, suffix: str = "", **sent: object) -> Answer:
        """Send a request that must be refused; return its answer."""
        address = operation.address.format(account="deploy", token="ci") + suffix
        work, answer = self._work_of(operation.method, address, **sent)
        assert work < MOST_WORK * self._usual, what
        assert 400 <= answer.status_code < 500, f"{what}: {answer.content[:300]!r}"
        return answer

    def _work_of(self, method: str, address: str, **sent: object) -> tuple[float, Answer]:
        """Return how long the processor has worked for a request, and its answer."""
        began = time.thread_time()
        answer = self._client.ask(method, address, **sent)  # type: ignore[arg-type]
        return time.thread_time() - began, answer

    def check(self) -> None:
        """Fail unless nothing was written and the next request is served."""
        assert _told(all_rows()) == self._before
        assert self._client.get("/service-accounts").status_code == 200
        made = self._client.post("/service-accounts", {"name": "Next"})
        assert made.status_code == 201


@pytest.fixture
def watched(owner: Membership, ci: IssuedToken, door: str) -> Iterator[Watched]:
    """A client that checks at the end that it has done nothing, and can do more."""
    found = Watched(acting(owner, door))
    yield found
    found.check()


@every_json
def test_no_odd_text_gets_through(operation: Operation, watched: Watched) -> None:
    for member, kind, body in odd_bodies(operation):
        what = f"{member}: {kind}"
        if operation.address == "/auth/token/revoke" and not is_unstorable(kind):
            continue  # Signing out tells nothing of what a refresh token was.
        answer = watched.refused(operation, what, body=body)
        if is_unstorable(kind):
            assert answer.status_code == 400, what
            assert [f["location"] for f in answer.json()["errors"]] == [f"body.{member}"], what
        assert "wdk_0" not in answer.content.decode()


def is_unstorable(kind: str) -> bool:
    """Return whether no database takes such a text."""
    return "NUL" in kind or "surrogate" in kind


@every_json
def test_no_line_break_at_the_end_gets_through(operation: Operation, watched: Watched) -> None:
    for member, value in TRAILING.items():
        body = {**good_body(operation), member: value}
        assert watched.refused(operation, member, body=body).status_code == 422


def test_no_line_break_at_the_end_of_an_organization_gets_through(
    anyone: RestClient, owner: Membership
) -> None:
    body = {"email": "owner@acme.test", "password": PASSWORD}
    assert anyone.post("/auth/token", {**body, "organization": "acme"}).status_code == 200
    assert anyone.post("/auth/token", {**body, "organization": "acme\n"}).status_code == 422


@every_json
def test_no_odd_body_gets_through(operation: Operation, watched: Watched) -> None:
    for kind, (body, status) in BODIES.items():
        assert watched.refused(operation, kind, body=body).status_code == status, kind
    for coding in ("gzip", "deflate", "br", "GZIP, identity"):
        headers = {"Content-Encoding": coding}
        answer = watched.refused(operation, coding, body=BOMB, headers=headers)
        assert answer.status_code == 415
    for kind in (f"{JSON}; charset=utf-16", f"{JSON}; charset=latin-1", "text/json", FORM, "x"):
        answer = watched.refused(operation, kind, body=b"{}", content_type=kind)
        assert answer.status_code == 415


@every_json
def test_no_value_of_another_kind_gets_through(operation: Operation, watched: Watched) -> None:
    odd = [0, 1.5, True, [], ["a"], {}, {"a": "b"}, [None], [["read:releases"]], 10**90]
    for member in good_body(operation):
        for value in odd:
            if member == "scopes" and value == []:
                continue
            answer = watched.refused(
                operation, f"{member}: {value}", body={**good_body(operation), member: value}
            )
            assert answer.status_code == 422, f"{member}: {value}"


@every_operation
def test_no_odd_query_gets_through(operation: Operation, watched: Watched) -> None:
    sent = {"body": good_body(operation) or None, "content_type": operation.content_type}
    for kind, (query, status) in QUERIES.items():
        answer = watched.refused(operation, kind, f"?{query}", **sent)
        assert answer.status_code == status, f"{kind}: {answer.content!r}"
        assert answer.json()["errors"], kind


@every_operation
def test_no_odd_value_of_a_query_gets_through(operation: Operation, watched: Watched) -> None:
    known = query_of(operation)
    assert set(known) <= VALUES.keys()
    for member in known:
        for value in VALUES[member]:
            answer = watched.refused(operation, f"{member}={value}", f"?{member}={value}")
            found = [fault["location"] for fault in answer.json()["errors"]]
            assert found == [f"query.{member}"], f"{member}={value}"
            assert answer.status_code == (400 if member == "cursor" else 422)


@pytest.mark.parametrize("operation", [o for o in BUILT if o.names_something], ids=str)
def test_no_odd_path_gets_through(operation: Operation, watched: Watched) -> None:
    for segment in SEGMENTS:
        for name in ("account", "token"):
            if f"{{{name}}}" not in operation.address:
                continue
            names = {"account": "deploy", "token": "ci", name: segment}
            spoiled = Operation(operation.method, operation.address.format(**names))
            answer = watched.refused(spoiled, segment)
            assert answer.status_code in {400, 404}, segment


@every_operation
def test_what_only_a_proxy_may_say_is_not_believed(
    operation: Operation, rest: RestClient, ci: IssuedToken
) -> None:
    address = operation.address.format(account="deploy", token="ci")
    for forged in (FORGED, {}):
        answer = rest.ask(
            operation.method,
            address + ("?limit=1" if "limit" in query_of(operation) else ""),
            good_body(operation) or None,
            content_type=operation.content_type,
            headers=forged,
        )
        said = readable(answer.content.decode() + repr(answer.headers))
        assert answer.status_code in {200, 201, 204, 401, 404, 409}
        assert not [word for word in ("evil", "gopher", ":6666", "203.0.113") if word in said]


def _told(rows: Rows) -> Rows:
    """Return the rows without the counts of tries, which refused sign-ins do write."""
    return {place: row for place, row in rows.items() if place[0] != "accounts.Attempt"}
