"""``POST /oauth/introspect`` (RFC 7662): what a token of the caller's organization may do."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.answers import answers
from accounts.api.base import MemberViewSet
from accounts.api.parsers import require_plain
from accounts.api.shapes import CleanText, Shape
from accounts.errors import Fault
from accounts.request_errors import MalformedRequest
from tokens.verify.snapshot import TokenSnapshot
from tokens.verify.verdict import Reason
from tokens.verify.verifier import verify

INACTIVE = {"active": False}
"""All that is said of a token that is not good, or is another organization's."""


class FormParser(BaseParser):
    """Reads ``application/x-www-form-urlencoded``."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> QueryDict:
        """Return the form's members; what is not UTF-8 in them becomes U+FFFD.

        Raises:
            UnsupportedMediaType: it is compressed, or said to be in another encoding than UTF-8.
        """
        require_plain((parser_context or {})["request"])
        return QueryDict(stream.read(), encoding="utf-8")


class IntrospectIn(Shape):
    """A token to look at; whatever else the form has is ignored (RFC 6749 section 3.2)."""

    camel_case = False
    closed = False

    token = CleanText(str, schema={"minLength": 1, "description": "It must stand exactly once."})
    token_type_hint = CleanText(str, schema={"description": "Ignored."}, required=False)
    example: ClassVar[dict[str, Any]] = {"token": "wdk_7Qm2…"}


class IntrospectionOut(Shape):
    """What RFC 7662 section 2.2 calls the token's meta-information."""

    camel_case = False

    active = serializers.BooleanField(help_text="Where it is false, nothing else is told.")
    scope = serializers.CharField(
        required=False, help_text="What the token may do, with spaces between."
    )
    client_id = serializers.CharField(required=False, help_text="The service account's slug.")
    sub = serializers.UUIDField(required=False, help_text="The service account's id.")
    org_id = serializers.UUIDField(required=False)
    token_type = serializers.ChoiceField(["Bearer"], required=False)
    iat = serializers.IntegerField(
        required=False, help_text="When it was made, in seconds since 1970."
    )
    exp = serializers.IntegerField(required=False, help_text="When it ends; absent if it does not.")
    jti = serializers.UUIDField(required=False, help_text="The token's id.")
    example: ClassVar[dict[str, Any]] = {
        "active": True,
        "scope": "write:releases",
        "client_id": "deploy",
        "sub": "c2d8f0a4-9b1e-4f37-8a52-6e0d3b7c1f90",
        "org_id": "0d5f54c1-6d0b-4d4e-8f6b-6f7d1c3a9b21",
        "token_type": "Bearer",
        "iat": 1896091200,
        "jti": "7b0e1c1e-0a5f-4a52-9a0a-3d7c0c1f2b11",
    }


class IntrospectionViewSet(MemberViewSet):
    """Looks at tokens for resource servers. GET is 405: a secret does not ride in a URL."""

    group = "Verify"
    needs: ClassVar[dict[str, str | None]] = {"create": "read:tokens"}
    body_shapes: ClassVar[dict[str, type[Shape]]] = {"create": IntrospectIn}

    def get_parsers(self) -> list[BaseParser]:
        """Return the one form that RFC 7662 section 2.1 knows."""
        return [FormParser()]

    def read_values(self, shape: type[Shape], content: QueryDict) -> dict[str, Any]:
        """Return the token; it must stand exactly once (RFC 6749 section 3.1)."""
        sent = content.getlist("token")
        if len(sent) != 1 or not sent[0]:
            fault = Fault(location="body.token", message="must stand exactly once")
            raise MalformedRequest("The form needs one token.", [fault])
        return {"token": sent[0]}

    @answers("introspect-token", 200, IntrospectionOut)
    def create(self, request: Request) -> Response:
        """Say whether a token is good, whose it is and what it may do.

        A token of another organization, an unknown or a dead one is exactly
        `{"active": false}`; so is a person's JWT.
        """
        verdict = verify(self.body["token"])
        snapshot = verdict.snapshot
        ours = snapshot is not None and snapshot.organization_id == self.actor.organization_id
        if snapshot is None or not ours or verdict.reason is not Reason.GOOD:
            return Response(INACTIVE)
        return Response(_written(snapshot))


def _written(snapshot: TokenSnapshot) -> dict[str, Any]:
    """Return the members of RFC 7662, which are not in camelCase."""
    written = {
        "active": True,
        "scope": " ".join(snapshot.scopes),
        "client_id": snapshot.account_slug,
        "sub": str(snapshot.account_id),
        "org_id": str(snapshot.organization_id),
        "token_type": "Bearer",
        "iat": int(snapshot.created_at.timestamp()),
        "jti": str(snapshot.token_id),
    }
    if snapshot.expires_at is not None:
        written["exp"] = int(snapshot.expires_at.timestamp())
    return written
