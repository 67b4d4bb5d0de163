"""A Django service in one file, to try the middleware with: ``project.py runserver``."""

import os
import secrets
import sys
from dataclasses import asdict

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST
from wardkey_middleware import WardkeyRequest, public, wardkey

settings.configure(
    WARDKEY_URL=os.environ["WARDKEY_URL"],
    MIDDLEWARE=["wardkey_middleware.WardkeyMiddleware"],
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    SECRET_KEY=secrets.token_urlsafe(50),  # this service signs nothing that outlives it
)


@wardkey()
@require_GET
def me(request: WardkeyRequest) -> JsonResponse:
    """Tell any good token whose it is."""
    return JsonResponse(asdict(request.wardkey) | {"scopes": sorted(request.wardkey.scopes)})


@wardkey(scope="read:releases")
@require_GET
def releases(request: WardkeyRequest) -> JsonResponse:
    """List the releases of the organization that asks."""
    return JsonResponse({"releases": [], "organization_id": request.wardkey.organization_id})


@wardkey(scope=["read:releases", "write:releases"])
@require_POST
def publish(request: WardkeyRequest) -> JsonResponse:
    """Publish a release; needs both scopes."""
    return JsonResponse({"published_by": request.wardkey.service_account_id}, status=201)


@public
def health(request: HttpRequest) -> JsonResponse:
    """Say that this service runs."""
    return JsonResponse({"status": "ok"})


def forgotten(request: HttpRequest) -> JsonResponse:
    """Show what becomes of a view that has no mark: nobody gets in."""
    return JsonResponse({})


urlpatterns = [
    path("me", me),
    path("releases", releases),
    path("releases/publish", publish),
    path("healthz", health),
    path("forgotten", forgotten),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
