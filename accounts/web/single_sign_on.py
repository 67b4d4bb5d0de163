"""Single sign-on by OpenID Connect: to the issuer, and back with who it says it is.

django-allauth keeps the state, and speaks to the issuer (PKCE, discovery, the code's
exchange); who comes back is read and found by the same rules as the issuer's JWTs at the
REST API.
"""

import logging
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from requests import RequestException

from accounts.issuers.identity import Identity, read_identity
from accounts.issuers.reading import NotGood
from accounts.issuers.trust import Issuer, SignIn, trusted_issuers
from accounts.services.single_sign_on import person_signing_in
from accounts.web.adapters import IssuerAdapter, IssuerProvider, app_of
from accounts.web.doors import origin_of
from accounts.web.onward import safe_next
from accounts.web.sign_in import finish_sign_in

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

logger = logging.getLogger("wardkey.single_sign_on")


class Failed(Exception):
    """The issuer did not answer, or what it answered cannot be used; the text is for the log."""


@require_GET
def begin(request: HttpRequest, issuer: str) -> HttpResponse:
    """Go to the issuer with a fresh state, nonce and PKCE challenge.

    By a link, since a form that ends at another host is what the CSP forbids.
    """
    trusted, _ = _find(issuer)
    provider = IssuerProvider(request, app=app_of(trusted))
    nonce = secrets.token_urlsafe(24)
    try:
        _check_discovered(IssuerAdapter(request, issuer), trusted)
        response: HttpResponse = provider.redirect(
            request,
            "login",
            next_url=safe_next(request),
            auth_params={"nonce": nonce},
            nonce=nonce,
        )
    except (RequestException, ValueError, KeyError, Failed) as fault:
        return _failed(request, issuer, fault)
    return response


@require_GET
def come_back(request: HttpRequest, issuer: str) -> HttpResponse:
    """Sign in whom the issuer names, if they are a member of something here."""
    trusted, client = _find(issuer)
    state = statekit.unstash_state(
        request, provider_id=issuer, state_id=request.GET.get("state", "")
    )
    if state is None:
        return _failed(request, issuer, Failed("no sign-in of this browser was begun"))
    try:
        text = _exchanged(request, trusted, issuer, state)
        identity = read_identity(text, trusted, client, state["nonce"])
    except (RequestException, OAuth2Error, NotGood, ValueError, KeyError, Failed) as fault:
        return _failed(request, issuer, fault)
    return _enter(request, identity, state.get("next"))


def _enter(request: HttpRequest, identity: Identity, way_on: str | None) -> HttpResponse:
    user = person_signing_in(origin_of(request), identity)
    if user is None:
        facts = {"issuer": identity.issuer, "subject": identity.subject}
        return render(request, "sign_in/unknown_person.html", facts, status=HTTPStatus.FORBIDDEN)
    if request.user.is_authenticated:
        logout(request)
    return finish_sign_in(request, user, identity.issuer.issuer, way_on)


def _find(issuer: str) -> tuple[Issuer, SignIn]:
    """Return the issuer at which people may sign in by this id.

    Raises:
        Http404: there is none.
    """
    for one in trusted_issuers().values():
        if one.sign_in is not None and one.sign_in.id == issuer:
            return one, one.sign_in
    raise Http404


def _check_discovered(adapter: IssuerAdapter, trusted: Issuer) -> None:
    """Return if the discovered document is the issuer's own and names safe addresses.

    Raises:
        Failed: OpenID Connect Discovery 1.0 section 4.3, or an address without TLS.
    """
    try:
        told: dict[str, Any] = adapter.openid_config
    except AttributeError:  # what allauth makes of a document that is no object
        raise Failed("its discovery document is no object") from None
    if told.get("issuer") != trusted.issuer:
        raise Failed(f"its discovery document is of {told.get('issuer')!r}")
    for name in ("authorization_endpoint", "token_endpoint"):
        parts = urlsplit(str(told.get(name)))
        if parts.scheme != "https" and (parts.scheme, parts.hostname in _LOOPBACK) != (
            "http",
            True,
        ):
            raise Failed(f"its {name} is not https")


def _exchanged(request: HttpRequest, trusted: Issuer, issuer: str, state: dict[str, Any]) -> str:
    """Return the ID token that the issuer gives for the code it has sent the person back with."""
    if "code" not in request.GET:
        raise Failed(f"the issuer said {request.GET.get('error', 'nothing')[:100]!r}")
    adapter = IssuerAdapter(request, issuer)
    _check_discovered(adapter, trusted)
    client = adapter.get_client(request, app_of(trusted))
    told = client.get_access_token(
        request.GET["code"], pkce_code_verifier=state["pkce_code_verifier"]
    )
    text = told.get("id_token") if isinstance(told, dict) else None
    if not isinstance(text, str):
        raise Failed("it gave no ID token")
    return text


def _failed(request: HttpRequest, issuer: str, fault: Exception) -> HttpResponse:
    """Tell the person that it did not work, and the log why."""
    logger.warning("single sign-on at %s failed: %s", issuer, _why(fault))
    return render(request, "sign_in/sign_on_failed.html", status=HTTPStatus.UNAUTHORIZED)


def _why(fault: Exception) -> str:
    """Return what the log may have of a failure: an issuer's answer may hold tokens."""
    return str(fault) if isinstance(fault, Failed | NotGood) else type(fault).__name__
