"""``/tokens/validate`` as a view: where there is no gate before Django."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.bearer import read_credential
from accounts.errors import MissingScope, NoIdentity
from accounts.redaction import redact
from tokens.gate.answers import identity
from tokens.gate.facts import facts_of
from tokens.gate.forward import keep_keys, signed_identity
from tokens.verify.asked import Asked
from tokens.verify.snapshot import TokenSnapshot
from tokens.verify.verdict import Reason
from tokens.verify.verifier import verify


@csrf_exempt
def validate(request: HttpRequest) -> HttpResponse:
    """Answer as the gate does (``asgi.py``), where another server than Wardkey's runs Django.

    Always read from the database.

    Raises:
        NoIdentity, MissingScope, Unavailable: written as problem documents by the middleware.
        Http404: the gate has let the request pass, so its path is spelled in another way.
    """
    if hasattr(request, "scope"):
        raise Http404
    api_key = request.headers.get("X-Api-Key") if settings.WARDKEY_API_KEY_HEADER else None
    credential = read_credential(request.headers.get("Authorization"), api_key, api_key_counts=True)
    facts = facts_of(request.GET.getlist("scope"))
    verdict = verify(credential.text or "", facts, asked=_asked(request))
    if verdict.snapshot is not None and verdict.reason is Reason.GOOD:
        answer = HttpResponse(headers=identity(verdict.snapshot) | _signed(verdict.snapshot))
        del answer["Content-Type"]
        return answer
    if verdict.reason is Reason.SCOPE_MISSING:
        raise MissingScope(redact(" ".join(verdict.lacking)))
    raise NoIdentity(sent=credential.sent)


def _asked(request: HttpRequest) -> Asked:
    """Return who asks, as it was sent."""
    sent = ("HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT", "QUERY_STRING")
    forwarded, agent, query = (
        request.META.get(name, "").encode("latin-1", "replace") for name in sent
    )
    return request.META.get("REMOTE_ADDR", ""), forwarded, agent, query


def _signed(snapshot: TokenSnapshot) -> dict[str, str]:
    keep_keys()
    signed = signed_identity(snapshot)
    return {"Authorization": signed.header.decode()} if signed else {}
