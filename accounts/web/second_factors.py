"""A person's second factors: an authenticator app, passkeys, recovery codes."""

from typing import Any

import qrcode
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_registration
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from fido2.webauthn import RegistrationResponse

from accounts.errors import DomainError, InvalidRequest
from accounts.services.acting import membership_in
from accounts.services.enrolment import (
    add_authenticator_app,
    add_passkey,
    factors_of,
    make_recovery_codes,
    recovery_codes_left,
    recovery_codes_shown,
    remove_second_factor,
    take_recovery_codes,
)
from accounts.web.confirmation import confirmed_page
from accounts.web.doors import PersonRequest, is_looked_at, origin_of, person_page
from accounts.web.forms import CodeInput, ConsoleForm
from accounts.web.onward import see_other
from accounts.web.passkeys import is_proved

_SECRET = "new_app_secret"  # noqa: S105 - the session's place for it, until the app is added


class AppForm(ConsoleForm):
    """What a new authenticator app shows."""

    code = forms.CharField(
        label=gettext_lazy("Code that the app shows"),
        required=False,
        widget=CodeInput({"inputmode": "numeric"}),
    )


class PasskeyForm(ConsoleForm):
    """What a new passkey is called. Its browser sends the rest (``static/passkeys.js``)."""

    name = forms.CharField(label=gettext_lazy("Name"), required=False)


@person_page
def second_factors(request: PersonRequest) -> HttpResponse:
    """Show what the person has, and which organization asks for more."""
    slug = request.GET.get("organization", "")
    membership = membership_in(request.user, slug) if slug else None
    factors = factors_of(request.user)
    facts = {
        "demanded_by": membership.organization if membership and not factors else None,
        "apps": [factor for factor in factors if factor.type == "totp"],
        "passkeys": [factor for factor in factors if factor.type == "webauthn"],
        "codes_left": recovery_codes_left(request.user) if factors else 0,
    }
    return render(request, "second_factors/list.html", facts)


@confirmed_page
def add_app(request: PersonRequest) -> HttpResponse:
    """Show a new app's secret, as text and to be scanned, and ask for what it makes of it."""
    secret = request.session.get(_SECRET)
    if secret is None or request.method != "POST":
        secret = request.session[_SECRET] = generate_totp_secret()
    form = AppForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            add_authenticator_app(
                origin_of(request),
                request.user,
                secret=secret,
                code=form.cleaned_data["code"],
                keep_key=request.session.session_key,
            )
        except InvalidRequest as refusal:
            form.refuse(refusal)
        else:
            del request.session[_SECRET]
            return _added(request, _("The authenticator app is added."))
    facts = {"form": form, "secret": _in_groups(secret), **_qr(request, secret)}
    status = 422 if form.errors else 200
    return render(request, "second_factors/add_app.html", facts, status=status)


@confirmed_page
def new_passkey(request: PersonRequest) -> HttpResponse:
    """Have the browser make a passkey, and keep its public half."""
    form = PasskeyForm(request, initial={"name": _("Passkey")})
    if request.method == "POST" and form.is_valid():
        try:
            add_passkey(
                origin_of(request),
                request.user,
                name=form.cleaned_data["name"],
                credential=_made_by_browser(request),
                keep_key=request.session.session_key,
            )
        except DomainError as refusal:
            form.refuse(refusal)
        except forms.ValidationError:
            form.add_error(None, _("The passkey could not be checked; try again."))
        else:
            return _added(request, _("The passkey is added."))
    options = begin_registration(request.user, passwordless=True)
    facts = {"form": form, "options": options}
    status = 422 if form.errors else 200
    return render(request, "second_factors/add_passkey.html", facts, status=status)


@confirmed_page
def remove(request: PersonRequest, factor: int) -> HttpResponse:
    """Ask whether a factor is to go, and remove it."""
    found = {one.pk: one for one in factors_of(request.user)}
    if factor not in found:
        raise Http404
    form = ConsoleForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            remove_second_factor(origin_of(request), request.user, factor)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("It is removed, and no longer asked for."))
            return see_other("accounts:second-factors")
    facts = {"form": form, "factor": found[factor], "is_last": len(found) == 1}
    return render(request, "second_factors/remove.html", facts, status=409 if form.errors else 200)


@confirmed_page
def new_recovery_codes(request: PersonRequest) -> HttpResponse:
    """Ask whether the recovery codes are to be replaced, and replace them."""
    form = ConsoleForm(request)
    if request.method == "POST" and form.is_valid():
        make_recovery_codes(origin_of(request), request.user)
        return see_other("accounts:recovery-codes")
    facts = {"form": form, "codes_left": recovery_codes_left(request.user)}
    return render(request, "second_factors/new_recovery_codes.html", facts)


@confirmed_page
def recovery_codes(request: PersonRequest) -> HttpResponse:
    """Show the recovery codes, once; a HEAD or a prefetch takes nothing."""
    codes = take_recovery_codes(request.user) if is_looked_at(request) else None
    if codes is None:
        return render(request, "second_factors/codes_shown.html", status=410)
    # A cookie that is sent anew keeps the page out of what browsers show again on Back.
    request.session.modified = True
    return render(request, "second_factors/recovery_codes.html", {"codes": codes})


def _added(request: PersonRequest, words: str) -> HttpResponse:
    """Go on under a new session key, as after every proof of who it is."""
    update_session_auth_hash(request, request.user)
    messages.success(request, words)
    is_shown = recovery_codes_shown(request.user)
    return see_other("accounts:second-factors" if is_shown else "accounts:recovery-codes")


def _made_by_browser(request: PersonRequest) -> dict[str, Any]:
    """Return the credential that a browser has made, checked against what it was asked.

    Of what it sent, only what a proof is held to: the rest could be anything, of any size.

    Raises:
        ValidationError: it is none, or made for another ceremony.
    """
    form = AddWebAuthnForm(
        user=request.user,
        data={"credential": request.POST.get("credential", ""), "passwordless": "on"},
    )
    if not is_proved(form):
        raise forms.ValidationError("no credential of this ceremony")
    made = dict(RegistrationResponse.from_dict(form.cleaned_data["credential"]))
    return {name: made[name] for name in ("id", "rawId", "type", "response")}


def _qr(request: PersonRequest, secret: str) -> dict[str, Any]:
    """Return the QR code of a secret as an SVG path, and how many modules it is wide."""
    code = qrcode.QRCode(border=4)
    code.add_data(get_adapter().build_totp_url(request.user, secret))
    rows = code.get_matrix()
    dark = [(x, y) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark]
    return {"qr_size": len(rows), "qr_path": "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)}


def _in_groups(secret: str) -> str:
    """Return a secret as people copy it from a screen: in groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
