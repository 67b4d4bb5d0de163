"""Addresses of the OAuth endpoints; each answers at the root and under ``/api``."""

from django.urls import path

from tokens.oauth.introspection import IntrospectionViewSet

urlpatterns = [
    path(
        "oauth/introspect",
        IntrospectionViewSet.as_view({"post": "create"}),
        name="introspection",
    ),
]
