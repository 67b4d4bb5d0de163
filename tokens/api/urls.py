"""REST routes of tokens; each answers at the root and under ``/api``."""

from django.urls import path

from tokens.api.service_accounts import ServiceAccountViewSet
from tokens.api.tokens import TokenViewSet

urlpatterns = [
    path(
        "service-accounts",
        ServiceAccountViewSet.as_view({"get": "list", "post": "create"}),
        name="service-account-list",
    ),
    path(
        "service-accounts/<slug_segment:account>",
        ServiceAccountViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
        ),
        name="service-account-detail",
    ),
    path(
        "service-accounts/<slug_segment:account>/disable",
        ServiceAccountViewSet.as_view({"post": "disable"}),
        name="service-account-disable",
    ),
    path(
        "service-accounts/<slug_segment:account>/enable",
        ServiceAccountViewSet.as_view({"post": "enable"}),
        name="service-account-enable",
    ),
    path(
        "service-accounts/<slug_segment:account>/tokens",
        TokenViewSet.as_view({"get": "list", "post": "create"}),
        name="token-list",
    ),
    path(
        "service-accounts/<slug_segment:account>/tokens/<slug_segment:token>",
        TokenViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="token-detail",
    ),
]
