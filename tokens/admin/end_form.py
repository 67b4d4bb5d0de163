"""What is asked before tokens get another end: which one, and why."""

from datetime import datetime

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

    def end(self) -> datetime | None:
        """Return the end that was chosen; a fault is put beside the field.

        Raises:
            NoDate: none was chosen, or what was typed is no day.
        """
        try:
            end = read_end(self.cleaned_data) if self.cleaned_data["expires"] else UNSET
        except NoDate:
            end = UNSET
        if isinstance(end, Unset):
            self.add_error("expires", "Choose the last day on which they are to work.")
            raise NoDate
        return end
