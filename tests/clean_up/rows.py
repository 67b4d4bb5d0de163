"""Rows of each kind that is cleared away, with a time of their own."""

import uuid
from datetime import datetime
from typing import Any

from accounts.models import (
    Attempt,
    BulkItem,
    BulkRun,
    IdempotencyKey,
    Invitation,
    Membership,
    RefreshFamily,
    Session,
)
from tokens.models import TokenUse


def key(at: datetime) -> IdempotencyKey:
    """Write a key that was used at this moment."""
    return IdempotencyKey.objects.create(
        organization_id=uuid.uuid4(),
        caller_id=uuid.uuid4(),
        operation="token.issue",
        place_id=uuid.uuid4(),
        key="again",
        digest=b"d" * 32,
        made_id=uuid.uuid4(),
        created_at=at,
    )


def family(owner: Membership, at: datetime, **facts: Any) -> RefreshFamily:
    """Write a sign-in that is good until this moment."""
    return RefreshFamily.objects.create(membership=owner, digest=b"d" * 32, expires_at=at, **facts)


def session(owner: Membership, at: datetime) -> Session:
    """Write a browser's session that is good until this moment."""
    return Session.objects.create(
        digest=uuid.uuid4().hex * 2, user=owner.user, sealed="x", expires_at=at
    )


def invitation(owner: Membership, at: datetime) -> Invitation:
    """Write an invitation that is good until this moment."""
    return Invitation.objects.create(
        organization=owner.organization,
        role=owner.role,
        digest=uuid.uuid4().bytes * 2,
        inviter_name="Ada",
        expires_at=at,
    )


def counter(at: datetime) -> Attempt:
    """Write a count of tries whose window ends at this moment."""
    return Attempt.objects.create(subject=uuid.uuid4().hex, tries=3, window_ends_at=at)


def bulk_run(owner: Membership, at: datetime) -> BulkRun:
    """Write an act of the support staff on two things, chosen at this moment."""
    run = BulkRun.objects.create(user=owner.user, act="revoke", things=2, created_at=at)
    BulkItem.objects.bulk_create(BulkItem(run=run, thing_id=uuid.uuid4()) for _ in range(2))
    return run


def detail_of_use(at: datetime) -> TokenUse:
    """Write that a token, whichever, was used by some program until this moment."""
    return TokenUse.objects.create(
        token_id=uuid.uuid4(), kind="agent", value="curl/8", first_at=at, last_at=at, count=1
    )
