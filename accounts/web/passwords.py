"""A person's password: changed by who knows it, set anew by a link that comes by mail."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.errors import InvalidRequest
from accounts.models import User
from accounts.services.passwords import (
    Reset,
    ask_for_reset,
    change_password,
    is_reset_good,
    reset_password,
)
from accounts.web.browsers import known_browser, remember_browser
from accounts.web.doors import METHODS, PersonRequest, origin_of, person_page
from accounts.web.forms import ConsoleForm
from accounts.web.mail import send_soon
from accounts.web.onward import see_other

_MARK = "password_reset"
"""The session's place for the mark of a link, so that it does not stay in the address."""


class NewPasswordForm(ConsoleForm):
    """A new password, once: who mistypes it is sent another link."""

    wire_names = {"new": "new_password"}

    new_password = forms.CharField(
        label=gettext_lazy("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class ChangeForm(NewPasswordForm):
    """The password that there is, and the next."""

    password = forms.CharField(
        label=gettext_lazy("Password now"),
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    field_order = ("password", "new_password")


class ForgottenForm(ConsoleForm):
    """Where to send a link."""

    email = forms.CharField(
        label=gettext_lazy("Email"),
        required=False,
        widget=forms.EmailInput({"autocomplete": "username", "autofocus": True}),
    )


@person_page
def password(request: PersonRequest) -> HttpResponse:
    """Change the password; this session goes on, all others end."""
    form = ChangeForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            user = change_password(
                origin_of(request),
                request.user,
                password=form.cleaned_data["password"],
                new=form.cleaned_data["new_password"],
                browser=known_browser(request),
            )
        except InvalidRequest as refusal:
            form.refuse(refusal)
        else:
            update_session_auth_hash(request, user)
            messages.success(
                request, _("The password is changed, and every other session has ended.")
            )
            return _known_with(request, user, "accounts:profile")
    return _shown(request, "passwords/change.html", form)


@require_http_methods(METHODS)
def forgotten(request: HttpRequest) -> HttpResponse:
    """Send a link to set a password anew; the answer is the same for nobody."""
    form = ForgottenForm(request)
    if request.method != "POST" or not form.is_valid():
        return _shown(request, "passwords/forgotten.html", form)
    reset = ask_for_reset(origin_of(request), form.cleaned_data["email"])
    if reset is not None:
        send_soon(reset.user, "password_reset.txt", {"address": _address(reset)})
    return see_other("accounts:password-sent")


@require_http_methods(METHODS)
def sent(request: HttpRequest) -> HttpResponse:
    """Say that a link is on its way, if there is somebody with that address."""
    return render(request, "passwords/sent.html")


@require_http_methods(METHODS)
def reset(request: HttpRequest) -> HttpResponse:
    """Set a password by the link of a mail; all that is signed in ends with the old one.

    Raises:
        ResetOver: while it is set, the link is not good any more.
    """
    told = request.GET.get("mark")
    mark = request.session.get(_MARK, "") if told is None else told
    if not is_reset_good(mark):
        return render(request, "passwords/over.html", status=410)
    if told is not None:
        request.session[_MARK] = mark
        return see_other("accounts:password-reset")
    form = NewPasswordForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            user = reset_password(origin_of(request), mark, form.cleaned_data["new_password"])
        except InvalidRequest as refusal:
            form.refuse(refusal)
        else:
            logout(request)
            messages.success(request, _("The password is set. Sign in with it."))
            return _known_with(request, user, "accounts:sign-in")
    return _shown(request, "passwords/reset.html", form)


def _known_with(request: HttpRequest, user: User, onward: str) -> HttpResponse:
    """Go on in a browser that is known by the new password: it was by the old one, or by mail."""
    response = see_other(onward)
    remember_browser(request, response, user)
    return response


def _shown(request: HttpRequest, template: str, form: ConsoleForm) -> HttpResponse:
    return render(request, template, {"form": form}, status=422 if form.errors else 200)


def _address(made: Reset) -> str:
    """Return the link of a mail. The mark stands in the query, which no log of ours has."""
    path = reverse("accounts:password-reset")
    return f"{settings.WARDKEY_PUBLIC_URL}{path}?mark={made.mark}"
