"""Every address that Wardkey answers, on one page."""

from django.urls import include, path, register_converter
from django.views.generic import RedirectView

from accounts.api.converters import SlugSegment
from config import refusals
from config.admin import site
from config.api.pages import ProblemPages
from config.operations.health import HealthViewSet
from config.operations.metrics import MetricsViewSet
from config.reference.views import DocumentViewSet
from tokens.oauth.jwks import KeySetViewSet

register_converter(SlugSegment, "slug_segment")

doors = [
    path("", include("accounts.api.urls")),
    path("", include("tokens.api.urls")),
    path("", include("tokens.gate.urls")),
    path("", include("tokens.oauth.urls")),
]

urlpatterns = [
    path("", include(doors)),
    path("api/", include(doors)),
    path("console", RedirectView.as_view(pattern_name="accounts:home")),
    path("console/", include("accounts.web.urls")),
    path("console/", include("tokens.web.urls")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", site.urls),
    path(".well-known/jwks.json", KeySetViewSet.as_view({"get": "list"}), name="jwks"),
    path("openapi.json", DocumentViewSet.as_view({"get": "as_json"}), name="openapi-json"),
    path("openapi.yaml", DocumentViewSet.as_view({"get": "as_yaml"}), name="openapi-yaml"),
    path("problems/", ProblemPages.as_view({"get": "list"}), name="problem-list"),
    path("problems/<slug:page>", ProblemPages.as_view({"get": "retrieve"}), name="problem"),
    path("metrics", MetricsViewSet.as_view({"get": "list"}), name="metrics"),
    path("healthz", HealthViewSet.as_view({"get": "alive"}), name="healthz"),
    path("readyz", HealthViewSet.as_view({"get": "ready"}), name="readyz"),
]

handler400 = refusals.bad_request
handler403 = refusals.forbidden
handler404 = refusals.not_found
handler500 = refusals.server_error
