"""How service accounts and their tokens are written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.shapes import CleanText, Moment, ScopesField, Shape
from accounts.inputs import (
    LONGEST_DESCRIPTION,
    LONGEST_EXTERNAL_ID,
    BadInput,
    clean_description,
    clean_external_id,
    clean_name,
    clean_slug,
)
from accounts.models import ServiceAccount
from accounts.names import LONGEST_NAME
from accounts.slugs import LEAST, MOST, PATTERN
from tokens.models import Token
from tokens.services.issue import clean_end
from tokens.status import Status

# Texts are measured as they are kept, trimmed and in NFC, which JSON Schema cannot say.
NAME = {
    "minLength": 1,
    "description": (
        f"One line of Unicode, 1 to {LONGEST_NAME} characters; trimmed, kept in NFC and compared"
        " exactly."
    ),
}
SLUG = {
    "minLength": LEAST,
    "maxLength": MOST,
    "pattern": f"^{PATTERN}$",
    "description": "Its name in addresses, for ever; made from `name` when left out.",
}
DESCRIPTION = {"description": f"At most {LONGEST_DESCRIPTION} characters, once trimmed."}
EXTERNAL_ID = {
    "minLength": 1,
    "description": (
        "Your own name for the account; unique among the organization's, at most"
        f" {LONGEST_EXTERNAL_ID} characters, once trimmed."
    ),
}
FOLLOWS = "At most 100. Left out or `null`, it follows the account's; `[]` means none."
END = "In the future. A longest life that the installation sets makes it required."
MAKER = {"id": "91ab6a63-5a53-4c0a-9d0c-0d1f6a2f6f0e", "name": "Ada Lovelace"}


class MakerOut(Shape):
    """Who made a thing, as they were called at the time."""

    id = serializers.UUIDField(source="created_by_id")
    name = serializers.CharField(source="created_by_name")
    example: ClassVar[dict[str, Any]] = MAKER


class RevokerOut(Shape):
    """Who revoked a token, as they were called at the time."""

    id = serializers.UUIDField(source="revoked_by_id")
    name = serializers.CharField(source="revoked_by_name")
    example: ClassVar[dict[str, Any]] = MAKER


class TokenOut(Shape):
    """A token's metadata; never its secret."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(required=False)
    service_account_id = serializers.UUIDField()
    scopes = ScopesField(source="effective_scopes", help_text="What it may do.")
    inherits_scopes = serializers.BooleanField(
        help_text="Whether it named no scopes and so follows its account's."
    )
    prefix = serializers.CharField(help_text="The start of the secret, safe to show.")
    status = serializers.SerializerMethodField(
        help_text="The first that holds of `revoked`, `expired`, `disabled`, `active`."
    )
    created_at = Moment()
    created_by = MakerOut(source="*")
    expires_at = Moment(required=False)
    last_used_at = Moment(
        required=False, help_text="When it was last presented and good; behind by up to a minute."
    )
    revoked_at = Moment(required=False)
    revoked_by = serializers.SerializerMethodField("get_revoked_by")
    example: ClassVar[dict[str, Any]] = {
        "id": "7b0e1c1e-0a5f-4a52-9a0a-3d7c0c1f2b11",
        "slug": "github-actions",
        "name": "GitHub Actions",
        "serviceAccountId": "c2d8f0a4-9b1e-4f37-8a52-6e0d3b7c1f90",
        "scopes": ["write:releases"],
        "inheritsScopes": False,
        "prefix": "wdk_7Qm2",
        "status": "active",
        "createdAt": "2030-01-31T12:00:00Z",
        "expiresAt": "2030-04-30T12:00:00Z",
        "lastUsedAt": "2030-02-28T12:00:00Z",
    }

    def get_status(self, token: Token) -> Status:
        """Return the status at the moment that the page is for (``context["now"]``)."""
        now: datetime = self.context.get("now") or timezone.now()
        return token.status(now)

    @extend_schema_field(RevokerOut)
    def get_revoked_by(self, token: Token) -> dict[str, Any] | None:
        """Return who revoked it; absent while nobody has."""
        return None if token.revoked_at is None else dict(RevokerOut(token).data)


class IssuedTokenOut(TokenOut):
    """A new token with its secret, which is shown in this one answer."""

    token = serializers.CharField(help_text="The secret. Keep it now; it is not shown again.")
    example: ClassVar[dict[str, Any]] = {
        **{member: value for member, value in TokenOut.example.items() if member != "lastUsedAt"},
        "token": "wdk_7Qm2…",
    }


class EndField(Moment):
    """When a token is to end, if the installation allows it."""

    def to_internal_value(self, data: Any) -> datetime:
        """Return an aware time in UTC; a token that is changed may keep the end it has."""
        end = super().to_internal_value(data)
        token = getattr(self.context["view"], "token", None)
        if token is None or end != token.expires_at:
            try:
                clean_end(end, born_at=token.created_at if token else None)
            except BadInput as bad:
                raise serializers.ValidationError(list(bad.messages.values())) from None
        return end


class TokenIn(Shape):
    """What a new token is to be."""

    name = CleanText(clean_name, schema=NAME)
    slug = CleanText(clean_slug, schema=SLUG, required=False)
    description = CleanText(clean_description, schema=DESCRIPTION, required=False, allow_null=True)
    scopes = ScopesField(required=False, allow_null=True, help_text=FOLLOWS)
    expires_at = EndField(required=False, allow_null=True, help_text=END)
    example: ClassVar[dict[str, Any]] = {
        "name": "GitHub Actions",
        "scopes": ["write:releases"],
        "expiresAt": "2030-04-30T12:00:00Z",
    }

    def rule_faults(self, given: Mapping[str, Any]) -> dict[str, list[str]]:
        """Refuse a missing end where one is required and the maker has none to give."""
        maker = self.context["view"].actor.token
        if "expiresAt" in given or (maker and maker.expires_at):
            return {}
        return _no_end_faults()


class TokenPatch(Shape):
    """What is to change about a token: a merge patch (RFC 7396)."""

    null_clears = True

    name = CleanText(clean_name, schema=NAME, required=False)
    description = CleanText(clean_description, schema=DESCRIPTION, required=False, allow_null=True)
    scopes = ScopesField(required=False, allow_null=True, help_text=FOLLOWS)
    expires_at = EndField(required=False, allow_null=True, help_text=END)
    example: ClassVar[dict[str, Any]] = {"name": "GitHub Actions", "expiresAt": None}

    def rule_faults(self, given: Mapping[str, Any]) -> dict[str, list[str]]:
        """Refuse to take away an end where one is required."""
        token = self.context["view"].token
        removes = given.get("expiresAt", "") is None and token.expires_at is not None
        return _no_end_faults(token) if removes else {}


class ServiceAccountOut(Shape):
    """A service account, with the metadata of its newest tokens."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(required=False)
    external_id = serializers.CharField(required=False)
    scopes = ScopesField(help_text="What its tokens get when they name none.")
    disabled_at = Moment(required=False, help_text="Since when it is switched off.")
    created_at = Moment()
    created_by = MakerOut(source="*")
    updated_at = Moment()
    tokens = serializers.SerializerMethodField(
        help_text="Its tokens, of every status, newest first, at most 50."
    )
    example: ClassVar[dict[str, Any]] = {
        "id": "c2d8f0a4-9b1e-4f37-8a52-6e0d3b7c1f90",
        "slug": "deploy",
        "name": "Deploy",
        "externalId": "team-7/deploy",
        "scopes": ["read:releases"],
        "createdAt": "2030-01-31T12:00:00Z",
        "updatedAt": "2030-01-31T12:00:00Z",
        "tokens": [],
    }

    @extend_schema_field(TokenOut(many=True))
    def get_tokens(self, account: ServiceAccount) -> list[dict[str, Any]]:
        """Return those of its tokens that ``context["tokens"]`` holds, newest first."""
        rows: dict[Any, list[Token]] = self.context["tokens"]
        shown = TokenOut(rows.get(account.id, []), many=True, context=self.context).data
        return list(shown)


class ServiceAccountIn(Shape):
    """What a new service account is to be."""

    name = CleanText(clean_name, schema=NAME)
    slug = CleanText(clean_slug, schema=SLUG, required=False)
    description = CleanText(clean_description, schema=DESCRIPTION, required=False, allow_null=True)
    external_id = CleanText(clean_external_id, schema=EXTERNAL_ID, required=False, allow_null=True)
    scopes = ScopesField(
        required=False, allow_null=True, help_text="What its tokens get when they name none."
    )
    example: ClassVar[dict[str, Any]] = {
        "name": "Deploy",
        "slug": "deploy",
        "externalId": "team-7/deploy",
        "scopes": ["read:releases"],
    }


class ServiceAccountPut(ServiceAccountIn):
    """What a service account is to be; members left out keep their value."""

    null_clears = True

    def rule_faults(self, given: Mapping[str, Any]) -> dict[str, list[str]]:
        """Refuse another slug than the account's: it never changes."""
        own = self.context["view"].account.slug
        return {} if given.get("slug", own) == own else {"slug": ["a slug never changes"]}


class ServiceAccountPatch(ServiceAccountPut):
    """What is to change about a service account: a merge patch (RFC 7396)."""

    name = CleanText(clean_name, schema=NAME, required=False)
    example: ClassVar[dict[str, Any]] = {"description": "Ships releases.", "externalId": None}


def _no_end_faults(token: Token | None = None) -> dict[str, list[str]]:
    """Return what is wrong with a token that has no end, a new one or ``token``."""
    try:
        clean_end(None, born_at=token.created_at if token else None)
    except BadInput as bad:
        return {"expiresAt": list(bad.messages.values())}
    return {}
