"""Acts: what staff do to a thing, on a page that says what it touches and asks for a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.actor import Actor
from accounts.admin.cells import address_of
from accounts.admin.doors import StaffRequest, acting
from accounts.errors import DomainError
from accounts.losses import owe_wait
from accounts.models import Organization
from accounts.staff import LOSSES, Act
from accounts.web.forms import ConsoleForm
from accounts.web.onward import see_other

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from accounts.admin.records import Record

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class ActPage:
    """A page on which an act is done to one thing; its address is the thing's and ``name``.

    What makes something new has the address ``-`` and ``name``, and None for the thing.

    Args:
        why_not: why there is nothing to do for this thing (any more), as after a second press;
            empty where there is.
    """

    name: str
    words: str
    act: Act
    view: "Callable[[Visit[Any]], HttpResponseBase]"
    why_not: Callable[[Any], str] = lambda _: ""
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class Visit(Generic[Thing]):
    """A request for the page of an act, and the thing that it is about; None for a new one."""

    request: StaffRequest
    record: "Record"
    page: ActPage
    thing: Thing


class ReasonForm(ConsoleForm):
    """Why it is done: stands in the audit log, where the organization's owners read it."""

    reason = forms.CharField(
        label="Reason",
        help_text="Owners read it in the audit log of their organization.",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the page of an act says before it is done.

    Args:
        told: what happens the moment that it is confirmed.
        doing: the words of the button.
        facts: what it touches.
        warning: what makes it worse than it looks; empty for nothing.
        organization_id: where it is done; None for the organization of the thing.
    """

    title: str
    told: str
    doing: str
    facts: list[tuple[str, Any]]
    warning: Any = ""
    organization_id: UUID | None = None
    template: str = "admin/act.html"


def ask(
    visit: Visit[Any],
    question: Question,
    form: ReasonForm,
    do: Callable[[Actor], str | HttpResponse],
) -> HttpResponse:
    """Show the page of an act; do it when it is confirmed, and tell on the thing's page.

    Args:
        do: calls the service, and returns what to tell, or the way to a page of its own.
    """
    request, record, page, thing = visit.request, visit.record, visit.page, visit.thing
    back = record.address if thing is None else address_of(thing)
    if request.method == "POST" and page.act in LOSSES:
        owe_wait()
    why_not = page.why_not(thing)
    if request.method == "POST" and why_not:
        messages.info(request, why_not)
        return see_other(back)
    if request.method == "POST" and form.is_valid():
        home = question.organization_id or _home_of(thing)
        try:
            done = do(acting(request, page.act, home, form.cleaned_data["reason"]))
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
        "page": page,
        "why_not": why_not,
        "question": question,
        "form": form,
    }
    return render(request, question.template, facts, status=form.status)


def _home_of(thing: Any) -> UUID:
    """Return the organization in which a thing is, or which it is itself."""
    home: UUID = thing.pk if isinstance(thing, Organization) else thing.organization_id
    return home
