"""Acts on many things: chosen in a list, and then a run, which ``tokens/admin/runs.py`` shows."""

from itertools import chain, islice
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from accounts.admin.cells import address_of
from accounts.admin.doors import StaffRequest
from accounts.admin.records import Record
from accounts.errors import NotAllowed
from accounts.services.bulk_runs import MOST_THINGS, make_run
from accounts.services.staff import require_may
from accounts.staff import MAY, Act
from accounts.web.onward import see_other
from tokens.admin.runs import WORDS


class BulkRecord(Record):
    """A record whose list has a box for each row, and buttons for what is done to many."""

    bulk_acts: ClassVar[tuple[Act, ...]] = ()
    """What can be done to the rows that are chosen."""

    def get_urls(self) -> list[URLPattern]:
        """Return the record's addresses, and where a list sends what was chosen."""
        choosing = self.admin_site.admin_view(self.bulk_view)
        return [path("bulk", choosing, name=self._name("bulk")), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, with the acts that this person may do."""
        offered = self._offered_acts(request)  # type: ignore[arg-type]
        facts = {
            "bulk_acts": [(act, WORDS[act]) for act in offered],
            "bulk_most": f"{MOST_THINGS:,}",
        }
        return super().changelist_view(request, {**facts, **(extra_context or {})})

    def bulk_view(self, request: StaffRequest) -> HttpResponseBase:
        """Make a run of what was chosen, and go on to its page; nothing is done here.

        Raises:
            NotAllowed: their role may do nothing to many things, or not this act.
        """
        if not self._offered_acts(request):
            raise NotAllowed("Your role in the support staff may only look.")
        back = f"{self.address}?{request.GET.urlencode()}".removesuffix("?")
        act = request.POST.get("act")
        if act not in self.bulk_acts:  # as after a new proof, which brings no choice along
            messages.warning(request, "Nothing was begun: choose once more what it is about.")
            return see_other(back)
        require_may(request.user, Act(act))
        chosen, has_more = self._chosen(request)
        if not chosen:
            messages.warning(request, "Nothing is chosen: tick some rows, or all that fit.")
            return see_other(back)
        return see_other(address_of(make_run(request.user, Act(act), chosen, has_more=has_more)))

    def _offered_acts(self, request: StaffRequest) -> list[Act]:
        return [act for act in self.bulk_acts if act in MAY[request.staff_role]]

    def _chosen(self, request: StaffRequest) -> tuple[list[UUID], bool]:
        """Return the ids that were ticked, or those of the list's query, and if it has more."""
        if "all" in request.POST:
            found = self._found(request)
            if isinstance(found, HttpResponse):
                return [], False
            ids = [row.pk for row in islice(chain.from_iterable(found.each()), MOST_THINGS + 1)]
        else:
            rows = self.get_queryset(request).filter(pk__in=_ids(request.POST.getlist("thing")))
            ids = list(rows.values_list("pk", flat=True)[: MOST_THINGS + 1])
        return ids[:MOST_THINGS], len(ids) > MOST_THINGS


def _ids(texts: list[str]) -> list[UUID]:
    """Return those of ``texts`` that are ids."""
    ids = []
    for text in texts:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids
