"""The credential of a REST request becomes an Actor: a token's or a user's.

Named in settings as DRF's one authentication class; ``request.auth`` is the Actor.
"""

from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.actor import Actor, HeldToken, Kind
from accounts.api.authentication import user_actor
from accounts.api.origin import origin_of
from accounts.bearer import read_credential
from accounts.errors import NoIdentity
from accounts.services.sign_in import Origin
from tokens.secret import looks_like_secret
from tokens.services.locks import hold_token
from tokens.verify.lookup import reload_token
from tokens.verify.snapshot import CallFacts, TokenSnapshot
from tokens.verify.verdict import Reason, judge
from tokens.verify.verifier import verify


class CredentialAuthentication(BaseAuthentication):
    """Reads ``Authorization: Bearer``, a service account's token or a user's JWT."""

    def authenticate(self, request: Request) -> tuple[Any, Actor] | None:
        """Return the actor beside Django's anonymous user, or None without a credential.

        Raises:
            NoIdentity: a credential was sent and is not good, whatever the reason.
        """
        api_key = request.headers.get("X-Api-Key") if settings.WARDKEY_API_KEY_HEADER else None
        credential = read_credential(request.headers.get("Authorization"), api_key)
        if not credential.sent:
            return None
        origin = origin_of(request._request)  # noqa: SLF001 - DRF's own way to Django's request
        text = credential.text or ""
        actor = token_actor(text, origin) if looks_like_secret(text) else user_actor(text, origin)
        if actor is None:
            raise NoIdentity(sent=True)
        request._request.actor = actor  # type: ignore[attr-defined]  # noqa: SLF001 - for the access log
        return AnonymousUser(), actor


def token_actor(text: str, origin: Origin) -> Actor | None:
    """Return the service account that acts by the token ``text``; None when it is not good."""
    # The address is settled already, so nothing is left of who forwarded it.
    asked = (origin.address or "", b"", origin.user_agent, b"")
    verdict = verify(text, asked=asked)
    if verdict.reason is not Reason.GOOD or verdict.snapshot is None:
        return None
    return _snapshot_actor(verdict.snapshot, origin)


def _held_token_actor(token_id: UUID, origin: Origin) -> Actor | None:
    """Return who acts by the token as it is now, held until the transaction ends."""
    hold_token(token_id)
    found = reload_token(token_id)
    if found is None or judge(found.snapshot, CallFacts(), found.read_at).reason is not Reason.GOOD:
        return None
    return _snapshot_actor(found.snapshot, origin)


def _snapshot_actor(snapshot: TokenSnapshot, origin: Origin) -> Actor:
    held = HeldToken(
        id=snapshot.token_id,
        slug=snapshot.token_slug,
        account_slug=snapshot.account_slug,
        expires_at=snapshot.expires_at,
    )
    return Actor(
        id=snapshot.account_id,
        name=snapshot.account_name,
        kind=Kind.SERVICE_ACCOUNT,
        organization_id=snapshot.organization_id,
        scopes=frozenset(snapshot.scopes),
        request_id=origin.request_id,
        address=origin.address,
        expires_at=snapshot.expires_at,
        token=held,
        reread=partial(_held_token_actor, snapshot.token_id, origin),
    )
