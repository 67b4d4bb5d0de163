"""Acts: what staff do to a thing, on a page that says what it touches and asks for a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms

from accounts.staff import Act
from accounts.web.forms import ConsoleForm

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from accounts.admin.doors import StaffRequest
    from accounts.admin.records import Record


@dataclass(frozen=True, slots=True)
class ActPage:
    """A page on which an act is done to one thing; its address is the thing's and ``name``.

    Args:
        view: gets the request, the record and the thing.
        is_offered: whether there is anything to do for this thing.
    """

    name: str
    words: str
    act: Act
    view: "Callable[[StaffRequest, Record, Any], HttpResponseBase]"
    is_offered: Callable[[Any], bool]
    is_danger: bool = False


class ReasonForm(ConsoleForm):
    """Why it is done: stands in the audit log, where the organization's owners read it."""

    reason = forms.CharField(
        label="Reason",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
    )
