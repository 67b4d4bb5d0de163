"""The verdict: a pure table."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tokens.verify.snapshot import CallFacts, TokenSnapshot
from tokens.verify.verdict import Reason, judge

NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
GOOD = TokenSnapshot(
    token_id=uuid.uuid4(),
    token_slug="ci",
    account_id=uuid.uuid4(),
    account_slug="deploy",
    account_name="Deploy",
    organization_id=uuid.uuid4(),
    scopes=("write:releases",),
    created_at=NOW - timedelta(days=1),
    expires_at=None,
    is_revoked=False,
    account_is_on=True,
    organization_is_live=True,
    key_id="k1",
)
NEEDS = CallFacts(scopes=("write:billing",))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, Reason.GOOD),
        ({"expires_at": NOW + TICK}, Reason.GOOD),
        ({"expires_at": NOW}, Reason.EXPIRED),
        ({"expires_at": NOW - TICK}, Reason.EXPIRED),
        ({"is_revoked": True}, Reason.REVOKED),
        ({"account_is_on": False}, Reason.ACCOUNT_OFF),
        ({"organization_is_live": False}, Reason.ORGANIZATION_GONE),
        ({"is_revoked": True, "expires_at": NOW}, Reason.REVOKED),
        ({"account_is_on": False, "expires_at": NOW}, Reason.EXPIRED),
        ({"account_is_on": False, "organization_is_live": False}, Reason.ACCOUNT_OFF),
        ({"scopes": ()}, Reason.GOOD),
    ],
)
@pytest.mark.parametrize("facts", [CallFacts(), NEEDS])
def test_the_verdict(changes: dict[str, Any], reason: Reason, facts: CallFacts) -> None:
    verdict = judge(replace(GOOD, **changes), facts, NOW)
    expected = Reason.SCOPE_MISSING if reason is Reason.GOOD and facts.scopes else reason
    assert verdict.reason is expected
    assert verdict.lacking == (facts.scopes if expected is Reason.SCOPE_MISSING else ())


def test_what_is_not_there_is_unknown() -> None:
    assert judge(None, CallFacts(), NOW).reason is Reason.UNKNOWN


@pytest.mark.parametrize(
    ("held", "needed", "lacking"),
    [
        (("write:releases",), ("read:releases", "write:releases"), ()),
        (("read:releases",), ("read:releases", "write:releases"), ("write:releases",)),
        (("write:releases",), ("delete:releases",), ("delete:releases",)),
        (("delete:releases",), ("read:releases",), ("read:releases",)),
        (("read:*",), ("read:releases", "write:releases"), ("write:releases",)),
        (("delete:*",), ("delete:releases", "read:releases"), ("read:releases",)),
        (("write:*",), ("delete:releases", "read:*", "delete:*", "write:*"), ()),
        (("read:releases",), ("read:release",), ("read:release",)),
        (("read:releases",), ("read:*",), ("read:*",)),
    ],
)
def test_scopes_that_are_needed(
    held: tuple[str, ...], needed: tuple[str, ...], lacking: tuple[str, ...]
) -> None:
    verdict = judge(replace(GOOD, scopes=held), CallFacts(scopes=needed), NOW)
    assert verdict.lacking == lacking
    assert verdict.reason is (Reason.SCOPE_MISSING if lacking else Reason.GOOD)


def test_a_scope_that_is_unknown_is_held_by_nobody() -> None:
    facts = CallFacts(("read:releases", "own:all"), frozenset({"own:all"}))
    verdict = judge(replace(GOOD, scopes=("write:*",)), facts, NOW)
    assert (verdict.reason, verdict.lacking) == (Reason.SCOPE_MISSING, ("own:all",))
