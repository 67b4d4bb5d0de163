"""Runs in the admin: what is to be done to many things is confirmed, done, and told here."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts.actor import Actor
from accounts.admin.acts import ReasonForm
from accounts.admin.behind import Behind
from accounts.admin.cells import address_of, link_to, list_at, when
from accounts.admin.doors import StaffRequest, act_page, acting
from accounts.admin.records import Record
from accounts.errors import DomainError
from accounts.losses import owe_wait
from accounts.models import BulkRun
from accounts.models.bulk_run import Outcome
from accounts.services.bulk_runs import begin_run, do_batch, is_own, progress_of, require_own
from accounts.staff import Act
from accounts.web.forms import ConsoleForm
from accounts.web.onward import see_other
from tokens.admin.end_form import EndForm
from tokens.services.bulk import WORK, what_it_touches
from tokens.status import IN_USE

NAMED = 10
"""Things that the confirming page names."""
REFUSED_ON_A_PAGE = 100

_CUT = "<!-- what is done meanwhile -->"
"""Where the page of a run is cut in two; no text on it can hold a tag."""


@dataclass(frozen=True, slots=True)
class Words:
    """How an act on many things is told: ``verb`` before the things, ``done`` after them.

    Args:
        is_danger: whether it takes something away from whoever works with the things.
        asks_expiry: whether the page asks for the expiry that they get.
        listed_at: the list of the things, by its model.
    """

    verb: str
    things: str
    done: str
    already: str
    over: str
    warning: str = ""
    is_danger: bool = True
    asks_expiry: bool = False
    listed_at: str = "tokens_token"


WORDS = {
    Act.REVOKE: Words(
        "Revoke",
        "token",
        "revoked",
        "revoked before",
        "revoked already",
        "They stop working the moment you confirm, everywhere, and cannot be brought back.",
    ),
    Act.CHANGE_EXPIRY: Words(
        "Change the expiry of",
        "token",
        "changed",
        "had this expiry before",
        "revoked or expired already, and get no other expiry",
        is_danger=False,
        asks_expiry=True,
    ),
    Act.DISABLE: Words(
        "Disable",
        "service account",
        "disabled",
        "disabled before",
        "disabled or deleted already",
        "Their tokens stop working the moment you confirm, until the account is enabled again.",
        listed_at="accounts_serviceaccount",
    ),
}


class BulkRunRecord(Record):
    """Every run, whoever of the staff made it."""

    is_main = has_history = False
    list_display = ("run", "things", "by", "chosen", "begun", "finished")
    ordering = ("-created_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkRun]:
        """Return all runs, with who made them."""
        return BulkRun.objects.select_related("user")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show a run: to confirm, to go on with, or what came of it."""
        staff: StaffRequest = request  # type: ignore[assignment]
        run = self.thing(request, object_id)
        if run.finished_at is None and is_own(staff.user, run):
            return act_page(Act(run.act))(self._going_on)(staff, run)
        if request.method == "POST":
            owe_wait()
            require_own(staff.user, run)
            return see_other(address_of(run))
        return self._shown(staff, run)

    def run(self, row: BulkRun) -> Any:
        """Return what it does, which leads to its page."""
        return link_to(row, row.get_act_display())

    def by(self, row: BulkRun) -> Any:
        """Return who made it."""
        return row.user.display_name

    def chosen(self, row: BulkRun) -> Any:
        """Return when the things were chosen."""
        return when(row.created_at)

    def begun(self, row: BulkRun) -> Any:
        """Return when it was confirmed."""
        return when(row.begun_at)

    def finished(self, row: BulkRun) -> Any:
        """Return when it had come to its end."""
        return when(row.finished_at)

    def _going_on(self, request: StaffRequest, run: BulkRun) -> HttpResponseBase:
        """Ask for what is missing, and do the run while its page is sent."""
        form = _form(request, run)
        if request.method == "POST" and form.is_valid():
            try:
                typed, work = form.cleaned_data, WORK[Act(run.act)]
                reason, end = typed.get("reason", ""), typed.get("expires_at")
                run = begin_run(request.user, run, work, reason, expires_at=end)
            except DomainError as refusal:
                form.refuse(refusal)
            else:
                return self._done_meanwhile(request, run)
        return self._shown(request, run, form)

    def _shown(
        self, request: StaffRequest, run: BulkRun, form: ConsoleForm | None = None
    ) -> HttpResponse:
        """Show a run as it is; with a ``form`` it can be gone on with."""
        facts = {**self._facts(request, run), "form": form}
        if run.begun_at is None:
            facts |= {
                "touched": what_it_touches(run),
                "first": _first(run),
                "in_use_days": IN_USE.days,
            }
        else:
            facts |= _result(run, request.GET.get("page"))
        return render(request, "admin/bulk_run.html", facts, status=form.status if form else 200)

    def _done_meanwhile(self, request: StaffRequest, run: BulkRun) -> StreamingHttpResponse:
        """Do a run while its page is sent: a line for each batch, what came of it at the end."""
        facts = {**self._facts(request, run), "cut": _CUT}
        page = render(request, "admin/bulk_running.html", facts).content.decode()
        answer = StreamingHttpResponse(_parts(page, request, run))
        answer["X-Accel-Buffering"] = "no"  # nginx would keep the lines until the end
        return answer

    def _facts(self, request: StaffRequest, run: BulkRun) -> dict[str, Any]:
        words = WORDS[Act(run.act)]
        return {
            **self.admin_site.each_context(request),
            "title": f"{words.verb} {run.things:,} {words.things}{'' if run.things == 1 else 's'}",
            "record": self,
            "run": run,
            "words": words,
            "things": f"{run.things:,}",
            "address": address_of(run),
            "back": list_at(words.listed_at),
        }


class BulkItemRecord(Behind):
    """The things of all runs, one by one."""

    named = "Things of bulk runs"
    columns: ClassVar[dict[str, str]] = {
        "run": "Run", "thing_id": "Thing", "outcome": "Outcome", "why": "Why",
    }  # fmt: skip
    list_select_related = ("run",)
    ordering = ("-pk",)


def _form(request: StaffRequest, run: BulkRun) -> ConsoleForm:
    """Return what a run still asks for."""
    if run.begun_at is not None:
        return ConsoleForm(request)
    return EndForm(request) if WORDS[Act(run.act)].asks_expiry else ReasonForm(request)


def _parts(page: str, request: StaffRequest, run: BulkRun) -> Iterator[str]:
    """Do a run that has begun, and yield its page; whoever goes away stops it after a batch."""
    before, _, after = page.partition(_CUT)
    act = Act(run.act)
    yield before
    try:
        while run.finished_at is None:
            run = do_batch(request.user, run, WORK[act], partial(_actor_in, request, run))
            yield render_to_string("admin/bulk_line.html", {"progress": progress_of(run)})
    except DomainError as refusal:
        yield render_to_string("admin/bulk_line.html", {"stopped": refusal.detail})
    facts = {"run": run, "words": WORDS[act], "address": address_of(run)}
    # In one part, which is the last: the server keeps that until it is true everywhere.
    yield render_to_string("admin/bulk_result.html", {**facts, **_result(run)}) + after


def _actor_in(request: StaffRequest, run: BulkRun, organization_id: UUID) -> Actor:
    return acting(request, Act(run.act), organization_id, run.reason)


def _first(run: BulkRun) -> list[Any]:
    """Return links to the first things of a run."""
    rows = WORK[Act(run.act)].rows().filter(pk__in=run.items.values("thing_id"))
    return [link_to(thing) for thing in rows.order_by("pk")[:NAMED]]


def _result(run: BulkRun, page: str | None = None) -> dict[str, Any]:
    """Return what came of a run so far: how many, and each thing that was refused, and why."""
    refused = run.items.filter(outcome=Outcome.REFUSED).order_by("thing_id")
    shown = Paginator(refused, REFUSED_ON_A_PAGE).get_page(page)
    things = WORK[Act(run.act)].rows().in_bulk([item.thing_id for item in shown])
    lines = [(link_to(things.get(item.thing_id)), item.why) for item in shown]
    return {"progress": progress_of(run), "page": shown, "refused": lines}
