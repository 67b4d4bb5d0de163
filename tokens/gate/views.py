"""``/tokens/validate``: what a gateway is told about a token (``contract.md`` section 8)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.bearer import read_credential
from accounts.catalogue import catalogue
from accounts.errors import MissingScope, NoIdentity
from accounts.redaction import redact
from tokens.gate.forward import signed_identity
from tokens.services.held_keys import HELD
from tokens.verify.snapshot import CallFacts, TokenSnapshot
from tokens.verify.verdict import Reason
from tokens.verify.verifier import verify


@csrf_exempt
def validate(request: HttpRequest) -> HttpResponse:
    """Answer exactly 200 with the identity in headers, 401, or 403 for a missing scope.

    Any method; the body and other query members than ``scope`` are ignored. A person's
    JWT does not verify here.

    Raises:
        NoIdentity, MissingScope, Unavailable: written as problem documents by the middleware.
    """
    api_key = request.headers.get("X-Api-Key") if settings.WARDKEY_API_KEY_HEADER else None
    credential = read_credential(request.headers.get("Authorization"), api_key, api_key_counts=True)
    verdict = verify(credential.text or "", _facts(request.GET.getlist("scope")))
    if verdict.snapshot is not None and verdict.reason is Reason.GOOD:
        answer = HttpResponse(headers=_identity(verdict.snapshot))
        del answer["Content-Type"]
        return answer
    if verdict.reason is Reason.SCOPE_MISSING:
        raise MissingScope(redact(" ".join(verdict.lacking)))
    raise NoIdentity(sent=credential.sent)


def _facts(needed: list[str]) -> CallFacts:
    known = catalogue()
    return CallFacts(tuple(needed), frozenset(scope for scope in needed if scope not in known))


def _identity(snapshot: TokenSnapshot) -> dict[str, str]:
    return _signed(snapshot) | {
        "X-Wardkey-Organization": str(snapshot.organization_id),
        "X-Wardkey-Service-Account": snapshot.account_slug,
        "X-Wardkey-Service-Account-Id": str(snapshot.account_id),
        "X-Wardkey-Token": str(snapshot.token_id),
        "X-Wardkey-Scopes": " ".join(snapshot.scopes),
    }


def _signed(snapshot: TokenSnapshot) -> dict[str, str]:
    if not settings.WARDKEY_FORWARD_JWT:
        return {}
    HELD.fresh()
    signed = signed_identity(snapshot)
    return {"Authorization": signed.header.decode()} if signed else {}
