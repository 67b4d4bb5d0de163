"""How the use of a token is written, on the token's own page alone."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.shapes import Moment, Shape
from tokens.api.shapes import TokenOut
from tokens.models import Token, TokenUse


class UseOut(Shape):
    """One address, user agent or scope that a token was used with."""

    value = serializers.CharField()
    first_at = Moment()
    last_at = Moment()
    count = serializers.IntegerField(help_text="How often; behind by up to a minute.")
    example: ClassVar[dict[str, Any]] = {
        "value": "203.0.113.0/24",
        "firstAt": "2030-02-01T08:00:00Z",
        "lastAt": "2030-02-28T12:00:00Z",
        "count": 1440,
    }


class UsageOut(Shape):
    """How a token was used when it was good: the newest 20 of each kind, the last one first."""

    addresses = UseOut(many=True, help_text="Callers' networks, or addresses, by a setting.")
    user_agents = UseOut(many=True, help_text="What callers called themselves.")
    scopes = UseOut(many=True, help_text="Scopes that gateways asked for, held or not.")
    example: ClassVar[dict[str, Any]] = {
        "addresses": [UseOut.example],
        "userAgents": [UseOut.example | {"value": "GitHubActions/2.3"}],
        "scopes": [UseOut.example | {"value": "write:releases"}],
    }


class TokenWithUsageOut(TokenOut):
    """One token's metadata, and how it was used."""

    usage = serializers.SerializerMethodField()
    example: ClassVar[dict[str, Any]] = {**TokenOut.example, "usage": UsageOut.example}

    @extend_schema_field(UsageOut)
    def get_usage(self, token: Token) -> dict[str, Any]:
        """Return what is kept of its uses, behind by up to a minute."""
        newest = TokenUse.objects.newest_of(token)
        return dict(
            UsageOut(
                {
                    "addresses": newest[TokenUse.Kind.ADDRESS],
                    "user_agents": newest[TokenUse.Kind.AGENT],
                    "scopes": newest[TokenUse.Kind.SCOPE],
                }
            ).data
        )
