"""What is asked before tokens get another end: which one, and why."""

from typing import Any

from django import forms

from accounts.admin.acts import ReasonForm
from accounts.unset import UNSET, Unset
from tokens.web.expiry import Expiry, NoDate, expiry, read_end


class EndForm(ReasonForm):
    """When tokens are to end: in so many days, on a day, or never."""

    wire_names = {"expiresAt": "expires"}

    expires = forms.CharField(label="Expires", required=False)
    expires_on = forms.CharField(label="Last day", required=False)

    @property
    def expiry(self) -> Expiry:
        """Return the ends that are offered."""
        return expiry(self["expires"].value())

    def clean(self) -> dict[str, Any]:
        """Return what was typed, with ``expires_at``: the end that was chosen, None for never."""
        typed = self.cleaned_data
        if self.errors:
            return typed
        try:
            end = read_end(typed) if typed["expires"] else UNSET
        except NoDate:
            end = UNSET
        if isinstance(end, Unset):
            self.add_error("expires", "Choose the last day on which they are to work.")
            return typed
        return {**typed, "expires_at": end}
