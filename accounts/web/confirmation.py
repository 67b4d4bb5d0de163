"""Asking again for the password, before what a borrowed browser must not be able to do."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.errors import DomainError, NotAllowed
from accounts.request_errors import Throttled
from accounts.services.passwords import confirm_password
from accounts.web.browsers import known_browser
from accounts.web.doors import Page, PersonRequest, origin_of, person_page
from accounts.web.forms import ConsoleForm
from accounts.web.onward import safe_next, see_other

RECENT = timedelta(minutes=10)

P = ParamSpec("P")


class ConfirmForm(ConsoleForm):
    """The password that the person has."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
    )


def confirmed_page(view: Callable[Concatenate[PersonRequest, P], HttpResponse]) -> Page:
    """Open ``view`` to people who have proved themselves in the last minutes; others do first.

    For pages that change how somebody signs in: an issuer's people have nothing there.
    """

    @wraps(view)
    def door(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _require_password(request)
        if not has_proved(request, RECENT):
            return way_to_confirm(request)
        return view(request, *args, **kwargs)

    return person_page(door)


@person_page
def confirm(request: PersonRequest) -> HttpResponse:
    """Ask for the password once more, and go on."""
    _require_password(request)
    way_on = safe_next(request) or reverse("accounts:profile")
    form = ConfirmForm(request)
    if request.method == "POST" and form.is_valid():
        try:
            confirm_password(
                origin_of(request),
                request.user,
                form.cleaned_data["password"],
                known_browser(request),
            )
        except Throttled:
            raise
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            reauthenticate_by_password(request)
            return see_other(way_on)
    facts = {"form": form, "next": way_on}
    return render(request, "passwords/confirm.html", facts, status=422 if form.errors else 200)


def _require_password(request: PersonRequest) -> None:
    """Raise NotAllowed for who has no password here that could be asked for."""
    if request.user.comes_from_outside:
        raise NotAllowed("Your issuer looks after how you sign in.")


def has_proved(request: HttpRequest, within: timedelta) -> bool:
    """Say whether who has signed in has proved themselves in this session, ``within`` so long."""
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < within.total_seconds() for record in records)


def way_to_confirm(request: HttpRequest) -> HttpResponse:
    """Send somebody to the page that asks for their password, and back from there."""
    way_on = urlencode({"next": request.get_full_path()})
    return see_other(f"{reverse('accounts:confirm')}?{way_on}")
