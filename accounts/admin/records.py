"""Record: the base of what the admin shows of each model, with a list, a summary and a history.

Nothing is written through Django's forms: what staff do are acts, each by the service that
everybody uses. A record shows the members that it names, so that no new one is shown by itself.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ModelAdmin, ShowFacets
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from accounts.admin.acts import ActPage, Visit
from accounts.admin.cells import address_of
from accounts.admin.doors import StaffRequest, View, act_page
from accounts.admin.export import exported
from accounts.admin.history import NEWEST, Entry, entries_of
from accounts.admin.lists import HAVE_IT_REVOKED, StaffList, has_secret
from accounts.admin.paging import BoundedPaginator
from accounts.admin.summaries import Summary
from accounts.models import AuditEvent
from accounts.staff import MAY

if TYPE_CHECKING:
    _Base = ModelAdmin[Any]
else:
    _Base = ModelAdmin


class Record(_Base):
    """One model in the admin."""

    is_main: ClassVar[bool] = True
    """Whether staff work with it; others stand under "More"."""
    icon: ClassVar[str] = "icons/lines.svg"
    named: ClassVar[str] = ""
    """What its list is called; empty for the model's own name."""
    sought: ClassVar[str] = ""
    """What its search finds, in words; empty for a list that has none."""
    act_pages: ClassVar[tuple[ActPage, ...]] = ()
    """What can be done to one thing."""
    makers: ClassVar[tuple[ActPage, ...]] = ()
    """What can be made, each by an act of its own."""
    export_fields: ClassVar[tuple[str, ...]] = ()
    """The members that an export has, as ``list_display`` names them; none by itself."""
    has_history: ClassVar[bool] = True
    """Whether the audit log tells of its things."""

    paginator = BoundedPaginator
    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    sortable_by = ()
    show_facets = ShowFacets.NEVER
    actions = None
    list_display_links = None

    def summary(self, request: StaffRequest, thing: Any) -> Summary:
        """Return what the page of ``thing`` shows."""
        raise NotImplementedError

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return those of ``rows`` that a search for ``text``, which is not empty, finds."""
        raise NotImplementedError

    def find_some(self, rows: QuerySet[Any], text: str) -> tuple[QuerySet[Any], bool]:
        """Return so many of what ``find`` finds as pages show, and whether they are all."""
        return self.find(rows, text), False

    def sought_text(self, typed: str) -> str:
        """Return what is searched for; empty for nothing."""
        return typed.replace("\0", "").strip() if self.sought else ""

    @property
    def address(self) -> str:
        """Return the list's address."""
        return reverse(f"admin:{self._name('changelist')}")

    @property
    def called(self) -> str:
        """Return what the list is called."""
        return self.named or str(self.opts.verbose_name_plural).capitalize()

    def get_urls(self) -> list[URLPattern]:
        """Return the list, its exports, and each thing's summary and history: no other."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name=self._name("changelist")),
            path("export.<str:form>", wrap(self.export_view), name=self._name("export")),
            *[
                path(f"-/{act.name}", wrap(self._making(act)), name=self._name(act.name))
                for act in self.makers
            ],
            *[
                path(
                    f"<path:object_id>/{act.name}",
                    wrap(self._acting(act)),
                    name=self._name(act.name),
                )
                for act in self.act_pages
            ],
            *self._history(wrap),
            path("<path:object_id>", wrap(self.change_view), name=self._name("change")),
        ]

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        """Return what reads a list's query."""
        return StaffList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list."""
        if request.method == "POST":
            raise Http404
        found = self._found(request)
        if isinstance(found, HttpResponse):
            return found
        rows = self.looked_up(list(found.result_list))
        facts = {
            **self.admin_site.each_context(request),
            "title": self.called,
            "cl": found,
            "record": self,
            "makers": self._offered(request, None),  # type: ignore[arg-type]
            "query": request.GET.urlencode(),
            "rows": [(row, list(zip(self.head, self.cells(row), strict=True))) for row in rows],
            **found.neighbours,
            **(extra_context or {}),
        }
        return render(request, "admin/list.html", facts)

    def export_view(self, request: StaffRequest, form: str) -> HttpResponseBase:
        """Send the list with the filters that are on, as ``csv`` or ``json``."""
        found = self._found(request)
        if isinstance(found, HttpResponse):
            return found
        return exported(self, request, found.each(), form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show one thing."""
        thing = self.thing(request, object_id)
        facts = {
            **self.admin_site.each_context(request),
            "title": str(thing),
            "record": self,
            "thing": thing,
            "summary": self.summary(request, thing),  # type: ignore[arg-type]
            "acts": self._offered(request, thing),  # type: ignore[arg-type]
        }
        return render(request, "admin/summary.html", facts)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show what the audit log tells of one thing."""
        thing = self.thing(request, object_id)
        entries, has_more = entries_of(self.history_of(thing))
        facts = {
            **self.admin_site.each_context(request),
            "title": str(thing),
            "record": self,
            "thing": thing,
            "thing_address": address_of(thing),
            "entries": entries,
            "has_more": has_more,
        }
        return render(request, "admin/history.html", facts)

    def history_of(self, thing: Any) -> QuerySet[AuditEvent]:
        """Return the lines of the audit log that tell of ``thing``."""
        rows = AuditEvent.objects.for_staff().filter(target_id=thing.pk)
        return rows.filter(organization_id=thing.organization_id)

    def newest_of(self, thing: Any) -> list[Entry]:
        """Return the newest lines of its history, for its page."""
        return entries_of(self.history_of(thing), NEWEST)[0]

    def thing(self, request: HttpRequest, object_id: str) -> Any:
        """Return what the address names; raises Http404 where there is none."""
        found = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404
        return found

    def looked_up(self, rows: list[Any]) -> list[Any]:
        """Return a page's rows with what their cells need of other tables, by a few queries."""
        return rows

    def cells(self, row: Any) -> list[Any]:
        """Return what the list shows of a row."""
        return [self.cell(row, name) for name in self.list_display]

    def cell(self, row: Any, name: Any) -> Any:
        """Return one member of a row: a method of this record, or a member of the row."""
        own = getattr(self, name, None)
        return own(row) if own is not None else getattr(row, name)

    @property
    def head(self) -> list[str]:
        """Return what the columns are called."""
        return [str(name).replace("_", " ").capitalize() for name in self.list_display]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return ``queryset``: its ``StaffList`` searches in it, as far as it needs."""
        return queryset, False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Say whether it is one of the list's filters: nothing else narrows it."""
        return lookup in {getattr(each, "parameter_name", None) for each in self.list_filter}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: what is made is made by an act."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: what is changed is changed by an act."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: records stay."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return True: all of the staff see everything, and the site's door lets them in alone."""
        return True

    def _found(self, request: HttpRequest) -> Any:
        """Return Django's list for the query, or the way to the whole list for a bad query."""
        if has_secret(request.GET):
            messages.warning(request, HAVE_IT_REVOKED)
            return HttpResponseRedirect(request.path)
        try:
            return self.get_changelist_instance(request)
        except (IncorrectLookupParameters, DisallowedModelAdminLookup):
            return HttpResponseRedirect(request.path)

    def _acting(self, act: ActPage) -> View:
        """Return the view of an act, for whoever may do it."""

        def view(request: StaffRequest, object_id: str) -> HttpResponseBase:
            return act.view(Visit(request, self, act, self.thing(request, object_id)))

        return act_page(act.act)(view)

    def _making(self, act: ActPage) -> View:
        """Return the view of an act that makes something, for whoever may do it."""

        def view(request: StaffRequest) -> HttpResponseBase:
            return act.view(Visit(request, self, act, None))

        return act_page(act.act)(view)

    def _offered(self, request: StaffRequest, thing: Any) -> list[ActPage]:
        """Return what this person may do to ``thing`` as it is, or make where it is None."""
        may, acts = MAY[request.staff_role], self.makers if thing is None else self.act_pages
        return [act for act in acts if act.act in may and not act.why_not(thing)]

    def _history(self, wrap: Callable[[View], View]) -> list[URLPattern]:
        """Return the address of a thing's history, if it has one."""
        if not self.has_history:
            return []
        name = self._name("history")
        return [path("<path:object_id>/history", wrap(self.history_view), name=name)]

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"
