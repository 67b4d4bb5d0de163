"""``/.well-known/jwks.json`` (RFC 7517): the keys that signed identities are verified by."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.answers import answers
from accounts.api.base import PublicViewSet
from accounts.api.one_form import OneForm
from accounts.api.shapes import Shape
from accounts.request_errors import NoSuchAddress
from tokens.services.held_keys import HELD

MAX_AGE_SECONDS = 300
OLDEST_SECONDS = 300.0
"""How old a key set may be that is told while the database is away. With ``MAX_AGE_SECONDS`` it is
what is taken off the time between two rotations, for how long services may keep it."""


class KeyOut(Shape):
    """A public key (RFC 7517 section 4)."""

    camel_case = False

    kty = serializers.ChoiceField(["EC"])
    crv = serializers.ChoiceField(["P-256"])
    x = serializers.CharField()
    y = serializers.CharField()
    kid = serializers.CharField(help_text="Its thumbprint (RFC 7638).")
    use = serializers.ChoiceField(["sig"])
    alg = serializers.ChoiceField(["ES256"])
    example: ClassVar[dict[str, Any]] = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
        "use": "sig",
        "alg": "ES256",
    }


class KeySetOut(Shape):
    """The keys that sign, will sign, and have signed until lately."""

    keys = KeyOut(many=True)


class KeySetViewSet(PublicViewSet):
    """Public keys."""

    group = "Verify"
    content_negotiation_class = OneForm

    @answers("get-forward-keys", 200, KeySetOut, refuses=[NoSuchAddress])
    def list(self, request: Request) -> Response:
        """Return the public keys of signed identities.

        What `/tokens/validate` signs for the services behind a gateway is verified by one of
        them, the one of its `kid`. 404 where the installation signs nothing.
        """
        if not settings.WARDKEY_FORWARD_JWT:
            raise Http404
        return Response(
            HELD.fresh(within=OLDEST_SECONDS).jwks,
            headers={"Cache-Control": f"public, max-age={MAX_AGE_SECONDS}"},
        )
