"""The admin's first page: what needs eyes."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.admin.doors import StaffRequest


def home(request: StaffRequest) -> HttpResponse:
    """Show what needs eyes."""
    return render(request, "admin/home.html", {"title": "What needs eyes"})
