"""``/tokens/validate``: what a gateway is told about a token (``contract.md`` section 8)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.bearer import read_credential
from accounts.errors import MissingScope, NoIdentity
from accounts.redaction import redact
from tokens.gate.answers import identity
from tokens.gate.asked import facts_of
from tokens.verify.verdict import Reason
from tokens.verify.verifier import verify


@csrf_exempt
def validate(request: HttpRequest) -> HttpResponse:
    """Answer exactly 200 with the identity in headers, 401, or 403 for a missing scope.

    Any method; the body and other query members than ``scope`` are ignored. A person's
    JWT does not verify here.

    Raises:
        NoIdentity, MissingScope: written as problem documents by the middleware.
    """
    api_key = request.headers.get("X-Api-Key") if settings.WARDKEY_API_KEY_HEADER else None
    credential = read_credential(request.headers.get("Authorization"), api_key, api_key_counts=True)
    verdict = verify(credential.text or "", facts_of(request.GET.getlist("scope")))
    if verdict.snapshot is not None and verdict.reason is Reason.GOOD:
        answer = HttpResponse(headers=identity(verdict.snapshot))
        del answer["Content-Type"]
        return answer
    if verdict.reason is Reason.SCOPE_MISSING:
        raise MissingScope(redact(" ".join(verdict.lacking)))
    raise NoIdentity(sent=credential.sent)
