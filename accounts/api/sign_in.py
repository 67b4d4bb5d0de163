"""``/auth/token``: sign in, stay signed in, sign out (``contract.md`` section 7)."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import jwt
from accounts.api.answers import answers
from accounts.api.base import PublicViewSet
from accounts.api.origin import origin_of
from accounts.api.shapes import CleanText, Shape
from accounts.errors import NoIdentity, SecondFactorRequired
from accounts.services.sign_in import SignedIn, refresh, sign_in, sign_out
from accounts.services.throttle import SIGN_IN_BY_ADDRESS, Limit


class SignInIn(Shape):
    """An e-mail address and a password, and which organization where there are several."""

    email = CleanText(str)
    password = CleanText(str)
    organization = CleanText(
        str,
        schema={"description": "The organization's slug; may be left out by who belongs to one."},
        required=False,
    )
    otp = CleanText(
        str,
        schema={
            "description": "A code of an authenticator app, or a recovery code; each is good once."
        },
        required=False,
    )
    example: ClassVar[dict[str, Any]] = {
        "email": "ada@example.com",
        "password": "correct horse battery staple",
        "organization": "acme",
        "otp": "123456",
    }


class RefreshIn(Shape):
    """A refresh token."""

    refresh = CleanText(str)
    example: ClassVar[dict[str, Any]] = {"refresh": "wdr_4f0c…"}


class JwtOut(Shape):
    """An access JWT, good for 5 minutes, and the token that gets the next one."""

    access = serializers.CharField(help_text="The JWT: send it as `Authorization: Bearer`.")
    refresh = serializers.CharField(help_text="Good once, for 14 days.")
    example: ClassVar[dict[str, Any]] = {"access": "eyJhbGciOi…", "refresh": "wdr_4f0c…"}


class JwtViewSet(PublicViewSet):
    """A person's JWT: obtained, renewed, ended."""

    group = "Sign-in"
    body_shapes: ClassVar[dict[str, type[Shape]]] = {
        "create": SignInIn,
        "renew": RefreshIn,
        "end": RefreshIn,
    }
    address_limits: ClassVar[dict[str, Limit]] = {"create": SIGN_IN_BY_ADDRESS}

    @answers("create-jwt", 200, JwtOut, refuses=[NoIdentity, SecondFactorRequired])
    def create(self, request: Request) -> Response:
        """Prove who you are by password; the answer has a JWT and a refresh token.

        Who has a second factor sends `otp` too.
        """
        origin = origin_of(request._request)  # noqa: SLF001 - DRF's own way to Django's request
        signed_in = sign_in(
            origin,
            email=self.body["email"],
            password=self.body["password"],
            organization=self.body.get("organization"),
            otp=self.body.get("otp"),
        )
        return _answer(signed_in)

    @answers("refresh-jwt", 200, JwtOut, refuses=[NoIdentity])
    def renew(self, request: Request) -> Response:
        """Turn a refresh token into a new JWT and the next refresh token.

        A refresh token is good once: using it again ends the whole sign-in.
        """
        return _answer(refresh(origin_of(request._request), self.body["refresh"]))  # noqa: SLF001

    @answers("revoke-jwt", 204)
    def end(self, request: Request) -> Response:
        """End the sign-in that a refresh token belongs to; 204 whatever it was."""
        sign_out(origin_of(request._request), self.body["refresh"])  # noqa: SLF001
        return Response(status=204)


def _answer(signed_in: SignedIn) -> Response:
    access = jwt.mint(signed_in.membership)
    return Response(JwtOut({"access": access, "refresh": signed_in.refresh}).data)
