"""What stands behind tokens: lists that are only looked at."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.behind import Behind


class ForwardKeyRecord(Behind):
    """The keys that sign identities for services; what they sign with stays sealed."""

    named = "Forward keys"
    columns: ClassVar[dict[str, str]] = {
        "place": "Place", "kid": "Id (kid)", "created_at": "Made",
    }  # fmt: skip
    ordering = ("-created_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows without what is sealed."""
        return super().get_queryset(request).defer("sealed")


class StashedSecretRecord(Behind):
    """Tokens whose new secret nobody has been shown yet; the secret itself stays sealed."""

    named = "Secrets never shown"
    columns: ClassVar[dict[str, str]] = {"token": "Token", "expires_at": "Shown until"}
    list_select_related = ("token",)
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows without what is sealed."""
        return super().get_queryset(request).defer("sealed")


class TokenUsageRecord(Behind):
    """When each token was last presented."""

    named = "Uses of tokens"
    columns: ClassVar[dict[str, str]] = {
        "token": "Token", "last_used_at": "Last used", "last_refused_at": "Last refused",
    }  # fmt: skip
    list_select_related = ("token",)
    ordering = ("pk",)


class TokenUseRecord(Behind):
    """From where, by what and for which scopes tokens were used."""

    named = "Details of use"
    columns: ClassVar[dict[str, str]] = {
        "token": "Token", "kind": "Kind", "value": "Seen", "first_at": "First", "last_at": "Last",
        "count": "Times",
    }  # fmt: skip
    list_select_related = ("token",)
    ordering = ("pk",)
