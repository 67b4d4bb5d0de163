"""REST routes of accounts; each answers at the root and under ``/api``."""

from django.urls import path

from accounts.api.audit_events import AuditEventViewSet
from accounts.api.sign_in import JwtViewSet
from accounts.api.whoami import ScopeViewSet, WhoamiViewSet

urlpatterns = [
    path("auth/token", JwtViewSet.as_view({"post": "create"}), name="jwt-list"),
    path("auth/token/refresh", JwtViewSet.as_view({"post": "renew"}), name="jwt-renew"),
    path("auth/token/revoke", JwtViewSet.as_view({"post": "end"}), name="jwt-end"),
    path("whoami", WhoamiViewSet.as_view({"get": "retrieve"}), name="whoami"),
    path("scopes", ScopeViewSet.as_view({"get": "list"}), name="scope-list"),
    path("audit-events", AuditEventViewSet.as_view({"get": "list"}), name="audit-event-list"),
]
