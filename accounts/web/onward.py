"""Where a page sends the browser: after it has done something, and after a sign-in."""

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

_PAGES = ("/console/", "/admin/")


def see_other(to: str, *names: str) -> HttpResponseRedirect:
    """Return 303 to the page with this URL name or address: the browser asks for it with GET."""
    return HttpResponseRedirect(resolve_url(to, *names), status=303)


def safe_next(request: HttpRequest) -> str | None:
    """Return where somebody wanted to go before they had to sign in: a page for people.

    None for everything else, however it is spelled.
    """
    address = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return None
    # To a browser a backslash is a slash.
    steps = unquote(urlsplit(address).path).replace("\\", "/").split("/")
    leads_up = ".." in steps
    return address if address.startswith(_PAGES) and not leads_up else None
