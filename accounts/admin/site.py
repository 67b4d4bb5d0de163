"""The admin's site: Django's, behind our door, with the pages that are ours alone.

Of Django's own pages it has the lists; signing in, passwords and all that writes stand elsewhere.
"""

from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path

from accounts.admin.doors import StaffRequest, View, staff_page
from accounts.staff import MAY, Act

if TYPE_CHECKING:
    from accounts.admin.records import Record


class StaffSite(AdminSite):
    """Where support staff look things up and, as far as their role goes, change them."""

    index_title = "What needs eyes"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: list[URLPattern] = []

    def add_page(self, route: str, view: View, name: str) -> None:
        """Add a page that belongs to no model; ``name`` is its address's within ``admin``.

        Its view gets the site too, as ``site``: ``each_context`` has what every page needs.
        """
        self._pages.append(path(route, self.admin_view(view), {"site": self}, name=name))

    def admin_view(self, view: View, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Put our door before a page; no answer to it is stored (``HeadersMiddleware``)."""
        return staff_page(view)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Return our own pages, and those of each model."""
        models: list[URLResolver | URLPattern] = [
            path(
                f"{model._meta.app_label}/{model._meta.model_name}/",  # noqa: SLF001 - Django's documented model API
                include(admin.get_urls()),
            )
            for model, admin in self._registry.items()
        ]
        return [*self._pages, *models]

    @property
    def records(self) -> "list[Record]":
        """Return what is registered, in that order."""
        return [cast("Record", admin) for admin in self._registry.values()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page needs: the lists that the navigation leads to, and the look-up."""
        may = MAY[cast("StaffRequest", request).staff_role]
        return {"records": self.records, "may_look_up": Act.LOOK_UP in may}
