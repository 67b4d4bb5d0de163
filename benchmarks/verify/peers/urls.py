"""An address for each peer; behind each a view that answers 200 and nothing more."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from knox.auth import TokenAuthentication as KnoxAuthentication
from oauth2_provider.views import IntrospectTokenView
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import (
    JWTAuthentication,
    JWTStatelessUserAuthentication,
)

_introspect = IntrospectTokenView.as_view()


class _Empty(APIView):
    """Lets in who authenticates, and answers nothing, in as many words."""

    permission_classes = [IsAuthenticated]

    def get(self, _request: Request) -> HttpResponse:
        """Answer 200; with a length, or gunicorn would send chunks."""
        return HttpResponse(headers={"Content-Length": "0"})


def introspect(request: HttpRequest) -> HttpResponseBase:
    """Introspect a token; its answer gets a length too."""
    answer: HttpResponse = _introspect(request)
    answer["Content-Length"] = str(len(answer.content))
    return answer


def _door(authentication: Any) -> Any:
    return _Empty.as_view(authentication_classes=[authentication])


urlpatterns = [
    path("drf", _door(TokenAuthentication)),
    path("knox", _door(KnoxAuthentication)),
    path("api-key", _Empty.as_view(authentication_classes=[], permission_classes=[HasAPIKey])),
    path("jwt-user", _door(JWTAuthentication)),
    path("jwt-stateless", _door(JWTStatelessUserAuthentication)),
    path("introspect", introspect),
]
