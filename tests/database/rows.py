"""Rows as a hand would write them: past the services, so that only the database judges."""

import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Organization, ServiceAccount
from accounts.names import fold, sort_key
from tokens.models import Token


def account(organization: Organization, slug: str, **facts: Any) -> ServiceAccount:
    """Return a service account that is not written yet."""
    name = str(facts.pop("name", slug))
    return ServiceAccount(
        organization=organization,
        slug=slug,
        name=name,
        name_order=sort_key(name),
        search=fold(f"{name}\n{slug}"),
        created_by_id=uuid.uuid4(),
        created_by_name="hand",
        **facts,
    )


def token(owner: ServiceAccount, slug: str, **facts: Any) -> Token:
    """Return a token of ``owner`` that is not written yet."""
    name = str(facts.pop("name", slug))
    facts.setdefault("organization_id", owner.organization_id)
    facts.setdefault("digest", uuid.uuid4().bytes * 2)
    return Token(
        service_account=owner,
        slug=slug,
        name=name,
        name_order=sort_key(name),
        search=fold(f"{name}\n{slug}"),
        prefix="wdk_abcd",
        key_id="k1",
        created_by_id=uuid.uuid4(),
        created_by_name="hand",
        **facts,
    )


def revoked() -> dict[str, Any]:
    """Return the facts of a token that somebody has revoked."""
    return {
        "revoked_at": timezone.now(),
        "revoked_by_id": uuid.uuid4(),
        "revoked_by_name": "hand",
    }
