"""Every address that Wardkey answers, on one page."""

from django.urls import include, path, register_converter

from accounts.api.converters import SlugSegment
from config.api import problems
from config.api.pages import ProblemPages
from config.operations.health import HealthViewSet
from config.operations.metrics import MetricsViewSet
from config.reference.views import DocumentViewSet

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
    path("openapi.json", DocumentViewSet.as_view({"get": "as_json"}), name="openapi-json"),
    path("openapi.yaml", DocumentViewSet.as_view({"get": "as_yaml"}), name="openapi-yaml"),
    path("problems/", ProblemPages.as_view({"get": "list"}), name="problem-list"),
    path("problems/<slug:page>", ProblemPages.as_view({"get": "retrieve"}), name="problem"),
    path("metrics", MetricsViewSet.as_view({"get": "list"}), name="metrics"),
    path("healthz", HealthViewSet.as_view({"get": "alive"}), name="healthz"),
    path("readyz", HealthViewSet.as_view({"get": "ready"}), name="readyz"),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
