"""Signing in to the console, and out. The flow is django-allauth's, each proof a service's."""

from allauth.account.internal.flows.login import (
    perform_login,
    perform_password_login,
    record_authentication,
)
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from django import forms
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import NoIdentity
from accounts.issuers.trust import trusted_issuers
from accounts.models import User
from accounts.services.enrolment import factors_of
from accounts.services.proof import prove_password
from accounts.services.second_factors import has_second_factor, prove_second_factor
from accounts.services.sessions import sign_out as end_session
from accounts.web.adapters import SecondFactorStage
from accounts.web.browsers import known_browser
from accounts.web.doors import METHODS, PersonRequest, origin_of, person_page
from accounts.web.forms import CodeInput, ConsoleForm
from accounts.web.onward import safe_next, see_other
from accounts.web.passkeys import is_proved


class SignInForm(ConsoleForm):
    """An e-mail address and a password."""

    email = forms.CharField(
        label=gettext_lazy("Email"),
        required=False,
        widget=forms.EmailInput({"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class CodeForm(ConsoleForm):
    """A code of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        required=False,
        widget=CodeInput,
    )


@require_http_methods(METHODS)
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail address and password, and go on to the second factor or the console."""
    way_on = safe_next(request)
    if request.user.is_authenticated:
        return see_other(way_on or "accounts:home")
    form = SignInForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            user = _proved(request, form)
        except NoIdentity:
            form.add_error(None, _("The email address or the password is wrong."))
        else:
            return go_on(request, user, way_on)
    issuers = [one.sign_in for one in trusted_issuers().values() if one.sign_in is not None]
    facts = {"form": form, "next": way_on or "", "issuers": issuers}
    return render(request, "sign_in/sign_in.html", facts, status=422 if form.errors else 200)


@require_http_methods(METHODS)
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask who has proved their password for their second factor."""
    if request.user.is_authenticated:
        return see_other("accounts:home")
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None:
        return see_other("accounts:sign-in")
    if not stage.is_current():
        return stage.abort()  # type: ignore[no-any-return] # allauth has no types
    user, form = stage.login.user, CodeForm(request)
    if request.method == "POST" and form.is_valid():
        if _proves(request, user, form):
            return stage.exit()  # type: ignore[no-any-return] # allauth has no types
        is_passkey = "credential" in request.POST
        form.add_error(
            None if is_passkey else "code",
            _("The passkey could not be checked; try again.")
            if is_passkey
            else _("This code is wrong, or was used before."),
        )
    kinds = {factor.type for factor in factors_of(user)}
    facts = {"form": form, "has_app": "totp" in kinds}
    if "webauthn" in kinds:
        facts["passkey_options"] = begin_authentication(user)
    return render(request, "sign_in/second_factor.html", facts, status=422 if form.errors else 200)


@require_http_methods(METHODS)
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in by a passkey alone, which is two factors. GET answers what its browser is to sign."""
    if request.method != "POST":
        return JsonResponse(begin_authentication(None))
    form = LoginWebAuthnForm(data=request.POST)
    if not is_proved(form):
        messages.error(request, _("The passkey could not be checked; try again."))
        return see_other("accounts:sign-in")
    clear_login(request)
    authenticator = form.cleaned_data["credential"]
    login = Login(user=authenticator.user, redirect_url=safe_next(request))
    return perform_passwordless_login(request, authenticator, login)  # type: ignore[no-any-return] # allauth has no types


@require_POST
@person_page
def sign_out(request: PersonRequest) -> HttpResponse:
    """End this session, and say so."""
    end_session(origin_of(request), request.user, request.session.session_key)
    auth.logout(request)
    messages.success(request, _("You have signed out."))
    return see_other("accounts:sign-in")


def finish_sign_in(
    request: HttpRequest, user: User, issuer: str, way_on: str | None
) -> HttpResponse:
    """Sign in whom an issuer has vouched for."""
    clear_login(request)
    record_authentication(request, user, "socialaccount", provider=issuer)
    return perform_login(request, _begun(user, way_on))  # type: ignore[no-any-return] # allauth has no types


def _proved(request: HttpRequest, form: SignInForm) -> User:
    """Return whose password it is; their earlier tries are forgotten once nothing more is asked."""
    origin, typed = origin_of(request), form.cleaned_data
    proof = prove_password(
        origin.address, typed["email"], typed["password"], known_browser(request)
    )
    if has_second_factor(proof.user):
        proof.give_back()
    else:
        proof.settle()
    return proof.user


def go_on(request: HttpRequest, user: User, way_on: str | None) -> HttpResponse:
    """Sign in whose password was proved or set just now: by way of a second factor, if any."""
    clear_login(request)
    return perform_password_login(request, {}, _begun(user, way_on))  # type: ignore[no-any-return] # allauth has no types


def _begun(user: User, way_on: str | None) -> Login:
    """Return a sign-in that a change of the password ends (``SecondFactorStage.is_current``)."""
    state = {"proved": user.get_session_auth_hash()}
    return Login(user=user, redirect_url=way_on, state=state)


def _proves(request: HttpRequest, user: User, form: CodeForm) -> bool:
    """Say whether what was sent is a factor of this person, and note it on the session."""
    if "credential" in request.POST:
        shown = AuthenticateWebAuthnForm(user=user, data=request.POST)
        if is_proved(shown):
            shown.save()
            return True
        return False
    if not prove_second_factor(user, form.cleaned_data["code"]):
        return False
    record_authentication(request, user, "mfa", type="code")
    return True
