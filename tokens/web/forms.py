"""The forms of service accounts and tokens: what was typed, on its way to the services."""

import hashlib
import json
import re
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Fault
from accounts.inputs import echo
from accounts.services.once import Once
from accounts.web.forms import ConsoleForm, line
from accounts.web.words import said
from tokens.web.expiry import NoDate, read_end

_SCOPE = re.compile(r"body\.scopes(?:\[(\d+)\])?")

FOLLOW, CHOOSE = "inherit", "choose"


def lines(label: Any) -> forms.CharField:
    """Return a field of several lines."""
    widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label=label, required=False, strip=False, widget=widget)


class NamedForm(ConsoleForm):
    """A thing with a name, a description and scopes, made once however often it is sent."""

    name = line(gettext_lazy("Name"), **{"data-slug-from": "slug"})
    slug = line(gettext_lazy("Slug"), spellcheck="false", autocapitalize="none")
    description = lines(gettext_lazy("Description"))
    scopes = forms.Field(
        label=gettext_lazy("Scopes"), required=False, widget=forms.MultipleHiddenInput
    )
    once = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, **options: Any) -> None:
        options["initial"] = {"once": uuid4().hex, **(options.get("initial") or {})}
        super().__init__(request, **options)
        draft = getattr(request, "draft", None)
        if draft is not None:
            self.initial["scopes"] = draft.getlist("scopes")

    @property
    def chosen(self) -> list[str]:
        """The scopes that are ticked."""
        return [str(scope) for scope in self["scopes"].value() or ()]

    def _put(self, fault: Fault) -> bool:
        """Put a fault beside its field; where it is a scope's, with the scope."""
        place = _SCOPE.fullmatch(fault["location"])
        if place is None:
            return super()._put(fault)
        sent = dict(enumerate(self.chosen)).get(int(place[1] or -1))
        scope = echo(fault.get("value") or sent or "")
        self.add_error("scopes", f"{scope}: {said(fault['message'])}")
        return True

    def text(self, name: str) -> str | None:
        """Return what was typed into a field that may be left empty; None for nothing."""
        return self.cleaned_data[name] or None

    def promise(self) -> Once:
        """Return the word that each sending of this form, with this content, is the same one.

        What the form makes is made again when something else was typed into it: so somebody
        can come back to it, and go on to the next one.
        """
        typed = {name: self.cleaned_data[name] for name in sorted(self.fields)}
        content = json.dumps(typed, sort_keys=True)
        key = typed["once"] or uuid4().hex
        return Once(hashlib.sha256(f"{key}\n{content}".encode()).hexdigest(), typed)


class AccountForm(NamedForm):
    """A service account."""

    wire_names = {"externalId": "external_id"}

    external_id = line(gettext_lazy("External id"))


class TokenForm(NamedForm):
    """A token: a ``mode`` that is not CHOOSE follows the account's scopes."""

    wire_names = {"expiresAt": "expires"}

    mode = forms.CharField(required=False, widget=forms.HiddenInput)
    expires = forms.CharField(label=gettext_lazy("Expires"), required=False)
    expires_on = forms.CharField(label=gettext_lazy("Last day"), required=False)

    def named_scopes(self) -> list[str] | None:
        """Return the scopes that the token names; None to follow the account's."""
        return self.chosen if self.cleaned_data["mode"] == CHOOSE else None

    def end(self, born_at: Any = None) -> Any:
        """Return when the token is to end, see ``read_end``; a fault is put beside the field.

        Raises:
            NoDate: what was typed is no day.
        """
        try:
            return read_end(self.cleaned_data, born_at)
        except NoDate:
            self.add_error("expires", _("Choose the last day on which it is to work."))
            raise


class ConfirmForm(ConsoleForm):
    """The confirming of what cannot be taken back.

    Args:
        wanted: what is to be typed for it; None where pressing the button is enough.
    """

    word = line(gettext_lazy("Confirmation"))

    def __init__(self, request: HttpRequest, wanted: str | None = None) -> None:
        super().__init__(request)
        self.wanted = wanted

    def clean_word(self) -> str:
        """Return what was typed, if it is what was to be typed."""
        typed: str = self.cleaned_data["word"]
        if self.wanted is not None and typed.strip() != self.wanted:
            raise forms.ValidationError(_("Type %(word)s to confirm.") % {"word": self.wanted})
        return typed
