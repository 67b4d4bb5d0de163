"""What a person decides about themselves, and the browsers in which they are signed in."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.errors import DomainError
from accounts.models import Session
from accounts.services.profile import change_profile
from accounts.services.sessions import (
    digests_of,
    end_other_sessions,
    end_session,
    programs_of,
    sessions_of,
)
from accounts.web.devices import device_words
from accounts.web.doors import PersonRequest, origin_of, person_page
from accounts.web.forms import ConsoleForm
from accounts.web.onward import see_other

MOST_SESSIONS = 15
"""Shown, the newest; whoever has more signs out everywhere else."""
_REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
    "Indian", "Pacific",
)  # fmt: skip
"""The time zones of places; the others are older names of these."""


class ProfileForm(ConsoleForm):
    """What a person is called, and how the console speaks to them."""

    wire_names = {"timeZone": "time_zone"}

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )
    time_zone = forms.CharField(label=gettext_lazy("Time zone"), required=False)
    language = forms.CharField(
        label=gettext_lazy("Language"),
        required=False,
        widget=forms.Select(
            attrs={"class": "input"},
            choices=[("", gettext_lazy("As the browser asks for")), *settings.LANGUAGES],
        ),
    )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One browser in which the person is signed in."""

    session: Session
    device: str
    is_this: bool


@person_page
def profile(request: PersonRequest) -> HttpResponse:
    """Show the person's profile and sessions, and change the profile."""
    user = request.user
    initial = {"name": user.name, "time_zone": user.time_zone, "language": user.language}
    form = ProfileForm(request, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_profile(origin_of(request), user, **form.cleaned_data)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            language = changed.language or translation.get_language_from_request(request)
            with translation.override(language):
                messages.success(request, _("Your profile is saved."))
            return see_other("accounts:profile")
    sessions = _sessions(request)
    facts: dict[str, Any] = {
        "form": form,
        "zones": _zones(),
        "sessions": sessions[:MOST_SESSIONS],
        "programs": programs_of(user).count(),
        "most": MOST_SESSIONS if len(sessions) > MOST_SESSIONS else 0,
        "is_from_outside": user.comes_from_outside,
        "issuers": [identity.issuer for identity in user.identities.all()],
    }
    return render(request, "accounts/profile.html", facts, status=form.status)


@person_page
def end(request: PersonRequest, digest: str) -> HttpResponse:
    """Sign one browser out."""
    if request.method == "POST" and end_session(origin_of(request), request.user, digest):
        messages.success(request, _("That browser is signed out."))
    return see_other("accounts:profile")


@person_page
def end_others(request: PersonRequest) -> HttpResponse:
    """Sign out everywhere but here: every other browser, and what programs have begun."""
    if request.method == "POST":
        ended = end_other_sessions(origin_of(request), request.user, request.session.session_key)
        told = ngettext("%(n)s other sign-in has ended.", "%(n)s other sign-ins have ended.", ended)
        messages.success(request, told % {"n": ended})
    return see_other("accounts:profile")


def _sessions(request: PersonRequest) -> list[SignedIn]:
    own = digests_of(request.session.session_key or "")
    return [
        SignedIn(session, device_words(session.user_agent), session.digest in own)
        for session in sessions_of(request.user)[: MOST_SESSIONS + 1]
    ]


@cache
def _zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if zone.startswith(_REGIONS))
