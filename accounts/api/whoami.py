"""``GET /whoami`` and ``GET /scopes``: what a caller may ask about itself."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Kind
from accounts.api.answers import answers
from accounts.api.base import MemberViewSet
from accounts.api.shapes import Moment, ScopesField, Shape
from accounts.catalogue import catalogue
from accounts.models import Organization
from accounts.roles import Role
from accounts.scopes import ACTIONS, includes


class PrincipalOut(Shape):
    """Who a credential belongs to."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    type = serializers.ChoiceField(list(Kind), source="kind")
    example: ClassVar[dict[str, Any]] = {
        "id": "91ab6a63-5a53-4c0a-9d0c-0d1f6a2f6f0e",
        "name": "Ada Lovelace",
        "type": "user",
    }


class OrganizationOut(Shape):
    """The organization of a credential."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    example: ClassVar[dict[str, Any]] = {
        "id": "0d5f54c1-6d0b-4d4e-8f6b-6f7d1c3a9b21",
        "slug": "acme",
        "name": "Acme",
    }


class WhoamiOut(Shape):
    """A credential: its principal, organization, scopes and end."""

    principal = PrincipalOut(source="*")
    organization = OrganizationOut()
    role = serializers.ChoiceField(
        list(Role), required=False, help_text="A person's role; a service account has none."
    )
    scopes = ScopesField()
    expires_at = Moment(required=False, help_text="The end of this credential.")
    example: ClassVar[dict[str, Any]] = {
        "role": "owner",
        "scopes": ["write:*"],
        "expiresAt": "2030-01-31T12:05:00Z",
    }


class KnownScopeOut(Shape):
    """A scope of the catalogue, and whether the caller could grant it."""

    scope = serializers.CharField()
    action = serializers.ChoiceField(list(ACTIONS))
    module = serializers.CharField(help_text="`*` stands for every module.")
    label = serializers.CharField()  # type: ignore[assignment]  # a member of the wire
    description = serializers.CharField()
    group = serializers.CharField()
    grantable = serializers.BooleanField(help_text="Whether the caller holds it, so may give it.")
    example: ClassVar[dict[str, Any]] = {
        "scope": "write:releases",
        "action": "write",
        "module": "releases",
        "label": "Releases",
        "description": "Published versions of the product.",
        "group": "Product",
        "grantable": True,
    }


class ScopeListOut(Shape):
    """Every scope of the catalogue, in its order."""

    items = KnownScopeOut(many=True)


class WhoamiViewSet(MemberViewSet):
    """Who the credential of the request is, and what it may do."""

    group = "Yourself"
    needs: ClassVar[dict[str, str | None]] = {"retrieve": None}

    @answers("get-whoami", 200, WhoamiOut)
    def retrieve(self, request: Request) -> Response:
        """Return the principal, the organization, the scopes and the end of the credential."""
        organization = Organization.objects.get(pk=self.actor.organization_id)
        facts = {
            "id": self.actor.id,
            "name": self.actor.name,
            "kind": self.actor.kind,
            "organization": organization,
            "role": self.actor.role,
            "scopes": catalogue().ordered(self.actor.scopes),
            "expires_at": self.actor.expires_at,
        }
        return Response(WhoamiOut(facts).data)


class ScopeViewSet(MemberViewSet):
    """The catalogue of scopes."""

    group = "Scopes"
    needs: ClassVar[dict[str, str | None]] = {"list": None}

    @answers("get-scopes", 200, ScopeListOut)
    def list(self, request: Request) -> Response:
        """Return every scope, in catalogue order; ``grantable`` is for this caller."""
        items = [
            {
                "scope": scope.text,
                "action": scope.action,
                "module": scope.module.name if scope.module else "*",
                "label": scope.module.label if scope.module else "Everything",
                "description": scope.module.description if scope.module else "Every module.",
                "group": scope.module.group if scope.module else "",
                "grantable": any(includes(held, scope.text) for held in self.actor.scopes),
            }
            for scope in catalogue()
        ]
        return Response(ScopeListOut({"items": items}).data)
