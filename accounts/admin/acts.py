"""Acts: what staff do to a thing, on a page that says what it touches and asks for a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.actor import Actor
from accounts.admin.cells import address_of
from accounts.admin.doors import StaffRequest, acting
from accounts.errors import DomainError
from accounts.staff import Act
from accounts.web.forms import ConsoleForm
from accounts.web.onward import see_other

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from accounts.admin.records import Record


@dataclass(frozen=True, slots=True)
class ActPage:
    """A page on which an act is done to one thing; its address is the thing's and ``name``.

    What makes something new has the address ``-`` and ``name``, and None for the thing.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the page of an act says before it is done, and in which organization it is.

    Args:
        told: what happens the moment that it is confirmed.
        doing: the words of the button.
        facts: what it touches.
        warning: what makes it worse than it looks; empty for nothing.
        over: said where there is nothing to do (any more), as after a second press.
    """

    act: Act
    organization_id: UUID
    title: str
    told: str
    doing: str
    facts: list[tuple[str, Any]]
    warning: Any = ""
    over: str = ""
    is_danger: bool = False
    template: str = "admin/act.html"


def ask(
    request: StaffRequest,
    record: "Record",
    thing: Any,
    question: Question,
    form: ReasonForm,
    do: Callable[[Actor], str | HttpResponse],
) -> HttpResponse:
    """Show the page of an act; do it when it is confirmed, and tell on the thing's page.

    Args:
        thing: None where something new is made.
        do: calls the service, and returns what to tell, or the way to a page of its own.
    """
    back = record.address if thing is None else address_of(thing)
    if request.method == "POST" and question.over:
        messages.info(request, question.over)
        return see_other(back)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            done = do(acting(request, question.act, question.organization_id, reason))
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            if isinstance(done, HttpResponse):
                return done
            messages.success(request, done)
            return see_other(back)
    facts = {
        **record.admin_site.each_context(request),
        "title": question.title,
        "record": record,
        "thing": thing,
        "back": back,
        "question": question,
        "form": form,
    }
    return render(request, question.template, facts, status=form.status)
