"""The invitation's link: who opens it joins, with the account they have or a new one."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.errors import DomainError, InvitationOver
from accounts.models import Invitation, Membership, User
from accounts.services.acting import membership_in
from accounts.services.invitations import (
    accept_as_newcomer,
    accept_invitation,
    is_known,
    open_invitation,
)
from accounts.web.doors import METHODS, origin_of
from accounts.web.forms import ConsoleForm
from accounts.web.onward import see_other
from accounts.web.sign_in import go_on


class NewcomerForm(ConsoleForm):
    """What somebody gives who has no account yet."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail address"),
        required=False,
        strip=False,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "username"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )


@require_http_methods(METHODS)
def join(request: HttpRequest, mark: str) -> HttpResponse:
    """Say who invites to what, and take whoever accepts in."""
    try:
        invitation = open_invitation(mark)
        if isinstance(request.user, User):
            return _join_as_known(request, request.user, invitation, mark)
        return _join_as_newcomer(request, invitation, mark)
    except InvitationOver as refusal:
        return render(request, "accounts/invitation_over.html", status=refusal.status)


def _join_as_known(
    request: HttpRequest, user: User, invitation: Invitation, mark: str
) -> HttpResponse:
    form = ConsoleForm(request)
    # Only the button that names the account: a newcomer's form may come from another tab.
    if "join" in request.POST and form.is_valid():
        try:
            return see_other(_welcome(request, accept_invitation(origin_of(request), mark, user)))
        except InvitationOver:
            raise
        except DomainError as refusal:
            form.refuse(refusal)
    facts = {
        "invitation": invitation,
        "form": form,
        "membership": membership_in(user, invitation.organization.slug),
    }
    return render(request, "accounts/join.html", facts, status=form.status)


def _join_as_newcomer(request: HttpRequest, invitation: Invitation, mark: str) -> HttpResponse:
    form = NewcomerForm(request, initial={"email": invitation.email})
    if invitation.email:
        form.fields["email"].disabled = True
    if request.method == "POST" and "join" not in request.POST and form.is_valid():
        try:
            membership = accept_as_newcomer(
                origin_of(request),
                mark,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password"],
            )
        except InvitationOver:
            raise
        except DomainError as refusal:
            if not refusal.errors:
                raise
            form.refuse(refusal)
        else:
            return go_on(request, membership.user, _welcome(request, membership))
    facts = {
        "invitation": invitation,
        "form": form,
        "is_known": is_known(invitation),
        "next": urlencode({"next": request.path}),
    }
    return render(request, "accounts/join_new.html", facts, status=form.status)


def _welcome(request: HttpRequest, membership: Membership) -> str:
    """Say that they are a member now, and return where they go on."""
    told = _("You are a member of %(organization)s now.")
    messages.success(request, told % {"organization": membership.organization.name})
    return reverse("tokens:service-accounts", args=[membership.organization.slug])
