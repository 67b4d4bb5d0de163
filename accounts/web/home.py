"""The way in: to the organization in sight, or to the choice of one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.services.single_sign_on import open_memberships
from accounts.web.doors import PersonRequest, person_page


@person_page
def home(request: PersonRequest) -> HttpResponse:
    """Go to the service accounts of the only organization, or to the choice of one."""
    found = open_memberships(request.user)
    if len(found) == 1:
        return redirect("tokens:service-accounts", found[0].organization.slug)
    return redirect("accounts:organizations")


@person_page
def organizations(request: PersonRequest) -> HttpResponse:
    """Show the organizations that the person belongs to, and their role in each."""
    return render(
        request, "accounts/organizations.html", {"memberships": open_memberships(request.user)}
    )
