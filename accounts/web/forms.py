"""The base of the console's forms: they read what was typed, and the services judge it."""

from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict

from accounts.errors import DomainError, Fault
from accounts.redaction import redact_all
from accounts.web.drafts import OWNER_FIELD, owner_mark
from accounts.web.words import said


class CodeInput(forms.PasswordInput):
    """A code that is good once: seen while it is typed, and never sent back."""

    input_type = "text"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        told = {"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"}
        super().__init__({**told, **(attrs or {})})


class ConsoleForm(forms.Form):
    """A form whose rules are the services': a refusal comes back to the fields at fault.

    Every value reaches the service as it was typed, so no field is required here and none
    is trimmed. Its template is ``includes/field.html`` for each field.
    """

    use_required_attribute = False
    required_css_class = "required"

    wire_names: dict[str, str] = {}
    """The fields whose name is not the member's on the wire (``body.<member>``), by member."""

    def __init__(self, request: HttpRequest, **options: Any) -> None:
        """Read the request's form; show what a draft holds; else begin with ``initial``."""
        draft = getattr(request, "draft", None)
        data = request.POST if request.method == "POST" else None
        if draft is not None:
            kept = {name: draft.getlist(name) for name in draft}
            shown = {
                name: values if len(values) > 1 else values[0] for name, values in kept.items()
            }
            options["initial"] = {**(options.get("initial") or {}), **redact_all(shown)}
        super().__init__(data, auto_id="%s", **options)
        self.owner_field = OWNER_FIELD
        self.owner = owner_mark(request.user.pk)
        self._refused_with: int | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form as it is now."""
        return self._refused_with or (422 if self.errors else 200)

    def add_error(self, field: str | None, error: Any) -> None:
        """Note what is wrong; what was typed comes back, but for secrets in the wrong place."""
        super().add_error(field, error)
        if isinstance(self.data, QueryDict):
            self.data = self.data.copy()
            for name, values in list(self.data.lists()):
                self.data.setlist(name, redact_all(values))

    def refuse(self, refusal: DomainError) -> None:
        """Put what a service refused beside the fields at fault, and the rest above the form."""
        self._refused_with = refusal.status
        elsewhere = [fault for fault in refusal.errors if not self._put(fault)]
        for fault in elsewhere:
            self.add_error(None, said(fault["message"]))
        if not refusal.errors:
            self.add_error(None, said(refusal.detail))

    def _put(self, fault: Fault) -> bool:
        """Put a fault beside its field; False where the form has none for it."""
        member = fault["location"].removeprefix("body.").partition("[")[0].partition(".")[0]
        name = self.wire_names.get(member, member)
        if name not in self.fields:
            return False
        self.add_error(name, said(fault["message"]))
        return True


def line(label: Any, **attrs: str) -> forms.CharField:
    """Return a field of one line, which reaches the service as it was typed."""
    widget = forms.TextInput(attrs={"autocomplete": "off"} | attrs)
    return forms.CharField(label=label, required=False, strip=False, widget=widget)
